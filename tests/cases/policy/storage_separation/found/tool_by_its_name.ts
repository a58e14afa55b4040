export async function saveArtifacts(session: Session, artifacts: Artifact[]) {
  for (const artifact of artifacts) {
    await session.callTool("mcp__local-memory__store_memory", {
      content: artifact.text,
      importance: 8,
      domain: "agent-artifacts",
    });
  }
}
// expects: 3:19
