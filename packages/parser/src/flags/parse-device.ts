import { didYouMean, suggest } from "../text/suggest.ts";
import { type FlagError, splitCsv } from "./csv.ts";
import { parseBoolean } from "./scalars.ts";

/** The value of a `RUN --device` flag. */
export interface Device {
  /** A name of the Container Device Interface, as `vendor.com/class=name`. */
  readonly name: string;
  readonly required: boolean;
}

/** Reads `vendor.com/class=name,required`. Errors are BuildKit's texts. */
export function parseDeviceFlag(value: string): Device | FlagError {
  const fields = splitCsv(value);
  if ("error" in fields) return { error: `failed to parse csv devices: ${fields.error}` };
  let device: Device = { name: "", required: false };
  for (const field of fields) {
    const next = applyField(field, device);
    if ("error" in next) return next;
    device = next;
  }
  return device;
}

function applyField(field: string, device: Device): Device | FlagError {
  const equals = field.indexOf("=");
  const key = (equals < 0 ? field : field.slice(0, equals)).toLowerCase();
  const value = equals < 0 ? undefined : field.slice(equals + 1);
  if (key === "required") return applyRequired(value, device);
  if (key === "name" && value !== undefined) {
    return device.name === "" ? { ...device, name: value } : { error: `device name already set to ${device.name}` };
  }
  if (device.name === "") return { ...device, name: field };
  if (value === undefined) return { error: `invalid field '${field}' must be a key=value pair` };
  return { error: `unexpected key '${key}' in '${field}'${didYouMean(suggest(key, ["name", "required"]))}` };
}

function applyRequired(value: string | undefined, device: Device): Device | FlagError {
  const required = value === undefined ? true : parseBoolean(value);
  return required === undefined ? { error: `invalid value for required: ${value}` } : { ...device, required };
}
