import { describe, expect, test } from "vitest";
import { humanAge } from "./age.ts";
import { humanSize } from "./size.ts";
import { renderTemplate } from "./template.ts";

describe("templates", () => {
  const image = {
    Id: "sha256:ab",
    Config: { Env: ["A=1", "B=2"], Labels: { "org.x/y": "z" }, User: "" },
    RootFS: { Layers: ["l1"] },
    Size: 0,
  };

  test.each([
    ["{{.Id}} {{ .Config.User }}|", "sha256:ab |"],
    ["{{json .Config.Env}}", '["A=1","B=2"]'],
    ["{{json .}}", JSON.stringify(image)],
    ['{{index .Config.Labels "org.x/y"}}', "z"],
    ["{{index .Config.Env 1}}", "B=2"],
    ["{{len .RootFS.Layers}}", "1"],
    ["{{range .Config.Env}}<{{.}}>{{end}}!", "<A=1><B=2>!"],
    ["{{range .Config.Env}}{{println .}}{{end}}", "A=1\nB=2\n"],
    ["{{if .Config.User}}user{{end}}{{if .Config.Env}}env{{end}}", "env"],
    ["{{range .Absent}}x{{end}}{{.Absent.Deep}}", "<no value>"],
    ["{{.Config.Env}} {{.Config.Labels}}", "[A=1 B=2] map[org.x/y:z]"],
  ])("%s", (template, text) => {
    expect(renderTemplate(template, image)).toBe(text);
  });

  test.each(["{{range .Config.Env}}", "{{end}}", "{{upper .Id}}", "{{json Id}}"])("refuses %s", (template) => {
    expect(() => renderTemplate(template, image)).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});

test.each([
  [0, "0B"],
  [999, "999B"],
  [1234, "1.23kB"],
  [45_678_901, "45.7MB"],
  [999_900, "1MB"],
  [1.5e9, "1.5GB"],
])("%d bytes", (bytes, text) => {
  expect(humanSize(bytes)).toBe(text);
});

test.each([
  [1, "1 second ago"],
  [59, "59 seconds ago"],
  [150, "2 minutes ago"],
  [5400, "90 minutes ago"],
  [36 * 3600, "36 hours ago"],
  [20 * 86_400, "2 weeks ago"],
])("%d seconds", (seconds, text) => {
  const now = Date.UTC(2026, 0, 1);
  expect(humanAge(new Date(now - seconds * 1000).toISOString(), now)).toBe(text);
});
