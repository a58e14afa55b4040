// Reads a JSON list of texts in Go, and prints the strings and comments that go/scanner finds in each, or null if it finds an error.
package main

import (
	"encoding/json"
	"go/scanner"
	"go/token"
	"os"
	"strings"
)

type mark [3]any

// The length in the source: the scanner removes carriage returns from comments and raw strings.
func length(rest, literal string) int {
	at := 0
	for _, char := range []byte(literal) {
		for rest[at] != char {
			at++
		}
		at++
	}
	return at
}

func marks(text string) []mark {
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(text))
	failed := false
	var lexer scanner.Scanner
	lexer.Init(file, []byte(text), func(token.Position, string) { failed = true }, scanner.ScanComments)
	found := []mark{}
	for {
		position, kind, literal := lexer.Scan()
		start := file.Offset(position)
		switch kind {
		case token.EOF:
			if failed {
				return nil
			}
			return found
		case token.COMMENT:
			found = append(found, mark{"comment", start, start + length(text[start:], literal)})
		case token.STRING:
			end := start + length(text[start:], literal)
			if strings.HasPrefix(literal, "`") {
				end = start + strings.Index(text[start+1:], "`") + 2
			}
			found = append(found, mark{"string", start, end})
		case token.CHAR:
			found = append(found, mark{"string", start, start + len(literal)})
		}
	}
}

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	answers := make([][]mark, len(texts))
	for number, text := range texts {
		answers[number] = marks(text)
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
