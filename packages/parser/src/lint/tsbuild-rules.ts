import { BUILDKIT_RULES } from "./buildkit-rules.ts";
import type { LintRule } from "./rule.ts";
import { addInsteadOfCopy } from "./rules/add-instead-of-copy.ts";
import { aptGetInstallRecommends } from "./rules/apt-get-install-recommends.ts";
import { aptGetListsKept } from "./rules/apt-get-lists-kept.ts";
import { aptGetUpdateAlone } from "./rules/apt-get-update-alone.ts";
import { aptInsteadOfAptGet } from "./rules/apt-instead-of-apt-get.ts";
import { argOutOfScope } from "./rules/arg-out-of-scope.ts";
import { baseImageWithoutDigest } from "./rules/base-image-without-digest.ts";
import { cdInsteadOfWorkdir } from "./rules/cd-instead-of-workdir.ts";
import { cdWithoutEffect } from "./rules/cd-without-effect.ts";
import { copyBeforeDependencies } from "./rules/copy-before-dependencies.ts";
import { copyFromUnknownStage } from "./rules/copy-from-unknown-stage.ts";
import { copyManyToFile } from "./rules/copy-many-to-file.ts";
import { duplicateEnvKey } from "./rules/duplicate-env-key.ts";
import { envUsedWhereSet } from "./rules/env-used-where-set.ts";
import { execFormVariable } from "./rules/exec-form-variable.ts";
import { insecureDownload } from "./rules/insecure-download.ts";
import { installWithoutYes } from "./rules/install-without-yes.ts";
import { latestBaseImage } from "./rules/latest-base-image.ts";
import { malformedExecForm } from "./rules/malformed-exec-form.ts";
import { missingHealthcheck } from "./rules/missing-healthcheck.ts";
import { missingUser } from "./rules/missing-user.ts";
import { packageCacheKept } from "./rules/package-cache-kept.ts";
import { pipeWithoutPipefail } from "./rules/pipe-without-pipefail.ts";
import { rootAsFinalUser } from "./rules/root-as-final-user.ts";
import { secretLikeValue } from "./rules/secret-like-value.ts";
import { shellReplacedByLink } from "./rules/shell-replaced-by-link.ts";
import { sudoInRun } from "./rules/sudo-in-run.ts";
import { untaggedBaseImage } from "./rules/untagged-base-image.ts";
import { unusedArg } from "./rules/unused-arg.ts";
import { unusedStage } from "./rules/unused-stage.ts";
import { useraddWithHighId } from "./rules/useradd-with-high-id.ts";
import { wideChmod } from "./rules/wide-chmod.ts";

/** Rules that BuildKit lacks, in alphabetical order. */
export const TSBUILD_RULES: readonly LintRule[] = [
  addInsteadOfCopy,
  aptGetInstallRecommends,
  aptGetListsKept,
  aptGetUpdateAlone,
  aptInsteadOfAptGet,
  argOutOfScope,
  baseImageWithoutDigest,
  cdInsteadOfWorkdir,
  cdWithoutEffect,
  copyBeforeDependencies,
  copyFromUnknownStage,
  copyManyToFile,
  duplicateEnvKey,
  envUsedWhereSet,
  execFormVariable,
  insecureDownload,
  installWithoutYes,
  latestBaseImage,
  malformedExecForm,
  missingHealthcheck,
  missingUser,
  packageCacheKept,
  pipeWithoutPipefail,
  rootAsFinalUser,
  secretLikeValue,
  shellReplacedByLink,
  sudoInRun,
  untaggedBaseImage,
  unusedArg,
  unusedStage,
  useraddWithHighId,
  wideChmod,
];

/** BuildKit's rules and those that it lacks. */
export const ALL_RULES: readonly LintRule[] = [...BUILDKIT_RULES, ...TSBUILD_RULES];
