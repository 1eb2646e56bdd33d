import { digestOf, type Layer, MEDIA_TYPE } from "@tsbuild/oci";
import { expect, test } from "vitest";
import { distinctLayers } from "./distinct-layers.ts";

function chain(names: string): readonly Layer[] {
  return [...names].map((name) => {
    const digest = digestOf(name);
    return { diffId: digest, descriptor: { mediaType: MEDIA_TYPE.ociLayer, digest, size: 1 } };
  });
}

test.each([
  ["", ""],
  ["abc", "abc"],
  ["aa", "a"],
  ["abca", "bca"],
  ["abab", "ab"],
])("%j becomes %j", (given, kept) => expect(distinctLayers(chain(given))).toEqual(chain(kept)));
