// Reads a JSON list of texts, and writes the strings and comments that the compiler of TypeScript finds in each.
//
//     node typescript_tokens.cjs FOLDER NAME        FOLDER: of the package `typescript`; NAME: as which file the texts are read (`a.tsx`)
//
// They are `[kind, start, end]` in bytes; `null` stands for a text with syntax errors.

const { readFileSync } = require("node:fs");
const [folder, name] = process.argv.slice(2);
const ts = require(require("node:path").resolve(folder));
const { SyntaxKind } = ts;

// How many bytes at the beginning and at the end of a token belong to holes.
const STRINGS = new Map([
  [SyntaxKind.StringLiteral, [0, 0]],
  [SyntaxKind.NoSubstitutionTemplateLiteral, [0, 0]],
  [SyntaxKind.TemplateHead, [0, 2]],
  [SyntaxKind.TemplateMiddle, [1, 2]],
  [SyntaxKind.TemplateTail, [1, 0]],
]);
const COMMENTS = new Set([
  SyntaxKind.SingleLineCommentTrivia,
  SyntaxKind.MultiLineCommentTrivia,
  SyntaxKind.ShebangTrivia,
]);

function marks(text) {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  if (file.parseDiagnostics.length > 0) return null;
  const bytes = [0];
  for (const character of text) {
    const end = bytes.at(-1) + Buffer.byteLength(character);
    for (let unit = 0; unit < character.length; unit += 1) bytes.push(end);
  }
  const found = [];
  const mark = (kind, start, end) => found.push([kind, bytes[start], bytes[end]]);
  const nodes = [file];
  while (nodes.length > 0) {
    const node = nodes.pop();
    if (ts.isJSDoc(node) || node.kind === SyntaxKind.JsxText) continue;
    const children = node.getChildren(file);
    for (const child of children) nodes.push(child);
    if (children.length > 0 || node.kind === SyntaxKind.SyntaxList) continue;
    const start = node.getStart(file);
    const kept = STRINGS.get(node.kind);
    if (kept) mark("string", start + kept[0], node.end - kept[1]);
    // What stands before the token is white space and comments.
    const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, text);
    scanner.resetTokenState(node.pos);
    while (scanner.getTokenEnd() < start) {
      const kind = scanner.scan();
      if (COMMENTS.has(kind)) mark("comment", scanner.getTokenStart(), scanner.getTokenEnd());
    }
  }
  return found;
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(marks)));
