import { formatPlatform, normalizePlatform } from "@tsbuild/oci";
import { type Diagnostic, quote } from "@tsbuild/parser";
import type { BaseImage } from "./base-image.ts";
import type { PlannedStage } from "./stages.ts";

/** A base image that says it is for another platform than the one asked for: images of one platform are taken as they are. */
export function basePlatformWarning(stage: PlannedStage, image: BaseImage): Diagnostic | undefined {
  const { config, platform, resolved } = image;
  const isWanted = config.os === platform.os && config.architecture === platform.architecture;
  if (resolved === undefined || isWanted) return undefined;
  const name = stage.base.type === "image" ? stage.base.written : stage.label;
  const [actual, expected] = [config, platform].map((each) => quote(formatPlatform(normalizePlatform(each))));
  return {
    code: "InvalidBaseImagePlatform",
    severity: "warning",
    message: `Base image ${name} was pulled with platform ${actual}, expected ${expected} for current build`,
    range: stage.range,
    hint: `its programs run only where ${actual} runs; say --platform where that is what you want`,
  };
}
