import { copyContent, type Descriptor, type ImageTarget, isDigest } from "@tsbuild/oci";
import type { Context } from "./context.ts";
import { openTargetPlace, type SourcePlace, type TargetPlace } from "./place.ts";
import { withTransfers } from "./progress/transfers.ts";
import type { Session } from "./session.ts";

/** Where the result of an edit goes. */
export interface EditTarget {
  /** The place that it is written to; undefined: that of the image itself. */
  readonly to: string | undefined;
  /** The place of the image itself. */
  readonly image: string;
}

/** Opens the place that the result of an edit goes to. An image named by digest gets no name. */
export function openEditTarget(session: Session, context: Context, target: EditTarget): Promise<TargetPlace> {
  return openTargetPlace(session, context, target.to ?? target.image);
}

/** Makes what `root` consists of be at the target, since an edited image consists of most of it. */
export function bringToTarget(
  context: Context,
  from: SourcePlace,
  { target, root }: { readonly target: ImageTarget; readonly root: Descriptor },
): Promise<Descriptor> {
  const { signal } = context;
  const { name } = from.content;
  const mount = name === undefined ? {} : { mountFrom: name };
  return withTransfers(context, { quiet: true }, (onEvent) =>
    copyContent(from.content, target, root, { signal, onEvent, ...mount }),
  );
}

/** Gives the result its name and prints its digest. */
export async function nameResult(context: Context, place: TargetPlace, result: Descriptor): Promise<void> {
  if (!isDigest(place.name)) await place.content.tag(result, place.name, { signal: context.signal });
  context.print(result.digest);
}
