/** The media types of the OCI image-spec and of Docker's schema 2. */
export const MEDIA_TYPE = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar",
  ociLayerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
  ociLayerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
  ociEmpty: "application/vnd.oci.empty.v1+json",
  dockerManifestList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
  dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  dockerForeignLayerGzip: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
} as const;

/** Tells whether content of this type lists manifests. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.ociIndex || mediaType === MEDIA_TYPE.dockerManifestList;
}

/** Tells whether content of this type is one image's manifest. */
export function isManifestType(mediaType: string): boolean {
  return mediaType === MEDIA_TYPE.ociManifest || mediaType === MEDIA_TYPE.dockerManifest;
}

/** How a layer is packed. */
export type Compression = "none" | "gzip" | "zstd";

/** How a layer of this media type is packed; undefined where the type names no layer. */
export function layerCompression(mediaType: string): Compression | undefined {
  switch (mediaType) {
    case MEDIA_TYPE.ociLayer:
    case MEDIA_TYPE.dockerLayer:
      return "none";
    case MEDIA_TYPE.ociLayerGzip:
    case MEDIA_TYPE.dockerLayerGzip:
    case MEDIA_TYPE.dockerForeignLayerGzip:
      return "gzip";
    case MEDIA_TYPE.ociLayerZstd:
      return "zstd";
    default:
      return undefined;
  }
}

/** The media type of the same layer in the other family; unchanged where that has no word for it (zstd at Docker). */
export function layerMediaType(mediaType: string, family: "oci" | "docker"): string {
  switch (mediaType) {
    case MEDIA_TYPE.ociLayer:
    case MEDIA_TYPE.dockerLayer:
      return family === "oci" ? MEDIA_TYPE.ociLayer : MEDIA_TYPE.dockerLayer;
    case MEDIA_TYPE.ociLayerGzip:
    case MEDIA_TYPE.dockerLayerGzip:
      return family === "oci" ? MEDIA_TYPE.ociLayerGzip : MEDIA_TYPE.dockerLayerGzip;
    default:
      return mediaType;
  }
}
