import type { ContainerConfig, ImageConfig, Platform } from "@tsbuild/oci";

/** The build's platform as the image's config has it: a variant that only the base image knows is kept. */
export function imagePlatform(
  image: Partial<Pick<ImageConfig, "os" | "architecture" | "variant" | "os.version" | "os.features">>,
  platform: Platform,
): Platform {
  if (image.os !== platform.os || image.architecture !== platform.architecture) return platform;
  const { variant, "os.version": version, "os.features": features } = image;
  return {
    ...(variant === undefined ? {} : { variant }),
    ...(version === undefined ? {} : { "os.version": version }),
    ...(features === undefined ? {} : { "os.features": features }),
    ...platform,
  };
}

/** A config with the build's labels, without members that say nothing. */
export function finalConfig(config: ContainerConfig, labels: Readonly<Record<string, string>> = {}): ContainerConfig {
  const full: ContainerConfig = { ...config, Labels: { ...config.Labels, ...labels } };
  return Object.fromEntries(Object.entries(full).filter(([, value]) => !isEmpty(value)));
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === "" || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
