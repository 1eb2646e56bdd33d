import type { Dockerfile, Stage } from "../ast.ts";
import type { Diagnostic, Fix } from "../diagnostic.ts";
import type { IgnorePattern } from "../ignore/ignore-file.ts";
import type { Range } from "../position.ts";
import type { SyntaxNode, SyntaxTree } from "../syntax/syntax-node.ts";
import type { Flow } from "./flow/flow.ts";
import type { RunScript } from "./shell-script/run-script.ts";
import type { StageTree } from "./stage-tree.ts";

/** What rules look at. */
export interface LintFacts {
  /** Instructions in front of the first broken one. */
  readonly nodes: readonly SyntaxNode[];
  readonly emptyContinuations: SyntaxTree["emptyContinuations"];
  /** Empty where the file has errors. */
  readonly stages: readonly Stage[];
  /** What variables come to; as far as BuildKit would get with the file. */
  readonly flow: Flow;
  readonly ignorePatterns: readonly IgnorePattern[];
  readonly dockerfile: Dockerfile;
  readonly tree: StageTree;
  /** What the RUN instructions run. Read when first asked for. */
  readonly runs: readonly RunScript[];
}

export interface Finding {
  readonly range: Range;
  readonly message: string;
  /**
   * What to do.
   * @default the rule's title
   */
  readonly hint?: string;
  readonly fix?: Fix | undefined;
  /** Comments above the instruction: a `# check=skip=...` among them counts for this finding. */
  readonly comments?: readonly string[];
}

/** One rule: a record without state. */
export interface LintRule {
  /** As in `# check=skip=ID`. */
  readonly id: string;
  /** What the rule is about, in one sentence. */
  readonly title: string;
  readonly url?: string;
  /** On only where asked for with `experimental`. */
  readonly experimental?: boolean;
  /** @default "warning" */
  readonly severity?: Diagnostic["severity"];
  /** Whether findings can have a fix. */
  readonly fixable?: boolean;
  check(facts: LintFacts): Iterable<Finding>;
}
