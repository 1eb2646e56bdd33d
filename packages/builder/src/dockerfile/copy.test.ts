import { describe, expect, test } from "vitest";
import { compileText, lastOp } from "../../../../test/support/compile-text.ts";
import type { FileAction, Vertex } from "../graph/op.ts";

async function actionsOf(line: string): Promise<readonly FileAction[]> {
  return lastOp(await compileText(`FROM a AS tools\nFROM b\nWORKDIR /w\nARG V=x\n${line}\n`), "file").actions;
}

const cases: readonly { readonly line: string; readonly action: Partial<FileAction> }[] = [
  { line: "COPY a b", action: { type: "copy", input: 1, sources: ["a"], destination: "/w/b", unpack: "never" } },
  { line: "COPY . .", action: { sources: ["."], destination: "/w/" } },
  { line: "COPY /../a/./b/ /d/../e/", action: { sources: ["a/b"], destination: "/e/" } },
  { line: "COPY $V*.json $V/", action: { sources: ["x*.json"], destination: "/w/x/" } },
  { line: "COPY --from=tools /bin/t /bin/", action: { sources: ["bin/t"], destination: "/bin/" } },
  { line: "COPY --chown=$V:g --chmod=u+x a b", action: { owner: "x:g", mode: "u+x" } },
  { line: "COPY --exclude=*.md --exclude=$V a b", action: { exclude: ["*.md", "$V"] } },
  { line: "COPY --parents a/./b/*.c /d/", action: { parents: true, sources: ["a/./b/*.c"] } },
  { line: "ADD a.tar /d", action: { unpack: "auto" } },
  { line: "ADD --unpack=false a.tar /d", action: { unpack: "never" } },
  { line: "ADD https://h/p/f.tar?q=1 /d/", action: { sources: ["f.tar"], destination: "/d/", unpack: "never" } },
  { line: "ADD --unpack https://h/f.tar /d/", action: { unpack: "always" } },
  { line: "ADD https://h/r.git#v1:sub /d", action: { sources: ["."], destination: "/d" } },
  {
    line: "COPY --chmod=600 <<EOF f\n$V\nEOF",
    action: { type: "mkfile", name: "EOF", destination: "/w/f", content: "x\n", mode: "600" },
  },
  { line: "COPY <<'EOF' f\n$V\nEOF", action: { type: "mkfile", content: "$V\n" } },
];

const mistakes: readonly (readonly [line: string, message: string])[] = [
  ["COPY --chmod=9 a b", "invalid chmod parameter: '9'. it should be octal string and between 0 and 07777"],
  ["COPY https://h/f /d/", "source can't be a URL for COPY"],
  ["COPY git@h:r.git /d/", "source can't be a git ref for COPY"],
  ["ADD --checksum=sha256:00 a b", "checksum requires HTTP(S) or Git sources"],
  ["ADD --checksum=sha256:00 https://h/f b", "invalid checksum digest length"],
  ["ADD --keep-git-dir=true https://h/r.git?keep-git-dir=false b", "inconsistent keep-git-dir configuration"],
];

describe("COPY and ADD", () => {
  for (const { line, action } of cases) test(line, async () => expect(await actionsOf(line)).toMatchObject([action]));

  for (const [line, message] of mistakes) {
    test(line, async () => await expect(actionsOf(line)).rejects.toMatchObject({ diagnostics: [{ message }] }));
  }

  test("several sources are several actions of one step", async () => {
    const actions = await actionsOf("ADD a https://h/f <<E d/\n1\nE");
    expect(actions.map((action) => action.type)).toEqual(["copy", "copy", "mkfile"]);
  });

  test("ADD fetches with the checksum that it is given", async () => {
    const sum = `sha256:${"0".repeat(64)}`;
    const compiled = await compileText(`FROM b\nADD --checksum=${sum} https://h/p/ /d/\n`);
    expect(sourceOf(compiled.root).op).toEqual({ type: "http", url: "https://h/p/", fileName: "p", checksum: sum });
  });

  test("ADD of a git repository", async () => {
    const compiled = await compileText("FROM b\nADD --keep-git-dir https://h/r.git?tag=v1&submodules=false /d/\n");
    expect(sourceOf(compiled.root).op).toEqual({
      type: "git",
      remote: "https://h/r.git",
      ref: "refs/tags/v1",
      keepGitDir: true,
      submodules: false,
    });
  });

  test("--link makes a layer that does not depend on what is below", async () => {
    const [one, other] = await Promise.all(["b", "c"].map((base) => compileText(`FROM ${base}\nCOPY --link a d/\n`)));
    expect(one?.root?.op).toEqual({ type: "merge" });
    expect(one?.root?.inputs[1]?.digest).toBe(other?.root?.inputs[1]?.digest);
    expect(one?.root?.digest).not.toBe(other?.root?.digest);
    expect(one?.root?.meta.name).toBe("[2/2] LINK COPY --link a d/");
    expect(one?.root?.inputs[1]?.op).toMatchObject({ type: "file", base: -1 });
  });

  test("on nothing, and from nothing", async () => {
    const onNothing = await compileText("FROM scratch\nCOPY a /\n");
    expect(lastOp(onNothing, "file")).toMatchObject({ base: -1, actions: [{ input: 0 }] });
    const fromNothing = await compileText("FROM scratch AS e\nFROM b\nCOPY --from=e / /\n");
    expect(lastOp(fromNothing, "file")).toMatchObject({ actions: [{ input: -1 }] });
  });

  test("the history has neither --from nor --link, and the words as expanded", async () => {
    const text = "FROM a AS t\nFROM b\nARG V=x\nCOPY --from=t --link --chown=1:2 $V y /d/\nCOPY <<E $V\nE\n";
    const { history } = await compileText(text);
    expect(history.map((step) => step.createdBy)).toEqual([
      "ARG V=x",
      "COPY --chown=1:2 x y /d/ # buildkit",
      "COPY <<E x # buildkit",
    ]);
  });

  test("WORKDIR makes its directory for the user", async () => {
    const compiled = await compileText("FROM b\nUSER u\nWORKDIR /w\n");
    expect(lastOp(compiled, "file").actions).toEqual([{ type: "mkdir", path: "/w", mode: 0o755, owner: "u" }]);
  });
});

/** The input behind the file system below. */
function sourceOf(vertex: Vertex | undefined): Vertex {
  const source = vertex?.inputs.at(-1);
  if (source === undefined) throw new Error("no inputs");
  return source;
}
