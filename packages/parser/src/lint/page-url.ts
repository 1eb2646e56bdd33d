/** Where a rule of our own is explained: its page in docs/lint. */
export function pageUrl(id: string): string {
  return `https://example.com/tsbuild/docs/lint/${id}.md`;
}
