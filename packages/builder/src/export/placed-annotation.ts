import { formatPlatform, type Platform, parsePlatform } from "@tsbuild/oci";

/** An annotation of a part of what is built. */
export interface PlacedAnnotation {
  /**
   * `manifest`: the image's manifest; `manifest-descriptor`: where the index names it; `index`: the index. The latter two
   * are only there where several platforms are built.
   */
  readonly at: "manifest" | "manifest-descriptor" | "index";
  /** `os/arch[/variant]`: of the image for this platform only. @default of all */
  readonly platform?: string;
  readonly name: string;
  readonly value: string;
}

type Annotations = Readonly<Record<string, string>>;

/** Those for one place, of the image for `platform`; undefined where there are none. */
export function annotationsAt(
  placed: readonly PlacedAnnotation[],
  at: PlacedAnnotation["at"],
  platform?: Platform,
): Annotations | undefined {
  const wanted = platform === undefined ? undefined : formatPlatform(platform);
  const found = placed.filter(
    (each) =>
      each.at === at && (each.platform === undefined || formatPlatform(parsePlatform(each.platform)) === wanted),
  );
  return found.length === 0 ? undefined : Object.fromEntries(found.map(({ name, value }) => [name, value]));
}

/** Both, the second over the first; undefined where there are none. */
export function mergeAnnotations(
  first: Annotations | undefined,
  second: Annotations | undefined,
): Annotations | undefined {
  return first === undefined || second === undefined ? (first ?? second) : { ...first, ...second };
}
