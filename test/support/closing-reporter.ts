import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Closes a run with the names of what was skipped and one plain line that any reader of logs understands. */
export function closingReporter(): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const all = modules.flatMap((module) => [...module.children.allTests()]);
      const inState = (state: string): TestCase[] => all.filter((test) => test.result().state === state);
      const skipped = inState("skipped");
      const failed = inState("failed").length + modules.filter(isBroken).length + unhandledErrors.length;
      for (const test of skipped) console.log(`skipped: ${test.module.relativeModuleId}: ${test.fullName}`);
      console.log(`${inState("passed").length} passed, ${failed} failed, ${skipped.length} skipped`);
    },
  };
}

/** A file that failed as a whole: no test case of it counts it. */
function isBroken(module: TestModule): boolean {
  return module.state() === "failed" && module.errors().length > 0;
}
