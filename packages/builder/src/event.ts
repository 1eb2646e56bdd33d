import type { Digest, TransferEvent, TsbuildError } from "@tsbuild/oci";
import type { Diagnostic } from "@tsbuild/parser";
import type { StepReason } from "./explain/reason.ts";

/** What happens during a build: the libraries' only way to tell. Times are milliseconds since 1970. */
export type BuildEvent =
  | { readonly type: "build.started"; readonly time: number; readonly runtime?: string }
  /** Every vertex of the graph, inputs before users, once it is known. */
  | {
      readonly type: "vertex.planned";
      readonly vertex: Digest;
      readonly name: string;
      readonly inputs: readonly Digest[];
    }
  | { readonly type: "vertex.started"; readonly vertex: Digest; readonly name: string; readonly time: number }
  /** Why the step is going to run: only where a build was asked to explain. */
  | { readonly type: "vertex.explained"; readonly vertex: Digest; readonly reason: StepReason }
  | {
      readonly type: "vertex.log";
      readonly vertex: Digest;
      readonly stream: "stdout" | "stderr";
      readonly data: Uint8Array;
      readonly time: number;
    }
  /** A transfer or a count that belongs to a vertex: layers pulled, files read. */
  | {
      readonly type: "vertex.progress";
      readonly vertex: Digest;
      readonly id: string;
      readonly current: number;
      readonly total?: number;
    }
  | { readonly type: "vertex.completed"; readonly vertex: Digest; readonly cached: boolean; readonly time: number }
  | { readonly type: "vertex.failed"; readonly vertex: Digest; readonly error: TsbuildError; readonly time: number }
  | { readonly type: "warning"; readonly diagnostic: Diagnostic }
  | { readonly type: "export.started"; readonly name: string; readonly time: number }
  | { readonly type: "export.completed"; readonly name: string; readonly time: number }
  | { readonly type: "transfer"; readonly transfer: TransferEvent };
