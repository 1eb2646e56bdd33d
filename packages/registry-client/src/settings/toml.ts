import type { TsbuildError } from "@tsbuild/oci";
import { settingsInvalid } from "./invalid.ts";

/** What a TOML document can hold, dates left as their text. */
export type TomlValue = string | number | boolean | readonly TomlValue[] | TomlTable;
export interface TomlTable {
  readonly [key: string]: TomlValue;
}

type MutableTable = { [key: string]: TomlValue };

const MAX_LENGTH = 1024 * 1024;

/**
 * Reads TOML 1.0, as far as the settings of registries use it: tables, arrays of tables, dotted and quoted keys, all
 * four kinds of strings, numbers, booleans, arrays and inline tables.
 *
 * @param file Named in errors.
 * @throws TsbuildError SETTINGS_INVALID, with the line
 */
export function parseToml(text: string, file: string): TomlTable {
  if (text.length > MAX_LENGTH) throw settingsInvalid(`${file} is too long for settings`);
  return new TomlReader(text, file).document();
}

/** Tells whether a value is a table. */
export function isTable(value: TomlValue | undefined): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value);
}

const ESCAPES: Readonly<Record<string, string>> = {
  b: "\b",
  t: "\t",
  n: "\n",
  f: "\f",
  r: "\r",
  '"': '"',
  "\\": "\\",
};
const MAX_DEPTH = 32;

class TomlReader {
  readonly #text: string;
  readonly #file: string;
  #at = 0;

  constructor(text: string, file: string) {
    this.#text = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
    this.#file = file;
  }

  document(): TomlTable {
    const root = newTable();
    let current = root;
    for (this.#skipLines(); this.#at < this.#text.length; this.#skipLines()) {
      if (this.#take("[[")) current = this.#openElement(root);
      else if (this.#take("[")) current = this.#openTable(root);
      else this.#assign(current, 0);
      this.#endOfLine();
    }
    return root;
  }

  #openTable(root: MutableTable): MutableTable {
    const path = this.#path();
    this.#expect("]");
    return path.reduce<MutableTable>((table, key) => this.#child(table, key), root);
  }

  #openElement(root: MutableTable): MutableTable {
    const path = this.#path();
    this.#expect("]]");
    const last = path.pop() ?? "";
    const parent = path.reduce<MutableTable>((table, key) => this.#child(table, key), root);
    const list = parent[last] ?? [];
    if (!Array.isArray(list)) throw this.#error(`${last} is no list of tables`);
    const element = newTable();
    parent[last] = [...list, element];
    return element;
  }

  /** The table of that name, made where it is missing; of a list of tables the last one. */
  #child(table: MutableTable, key: string): MutableTable {
    const found = table[key] ?? newTable();
    table[key] = found;
    const last = Array.isArray(found) ? found.at(-1) : found;
    if (!isTable(last)) throw this.#error(`${key} is no table`);
    return last as MutableTable;
  }

  #assign(table: MutableTable, depth: number): void {
    const path = this.#path();
    const last = path.pop() ?? "";
    const target = path.reduce<MutableTable>((parent, key) => this.#child(parent, key), table);
    if (Object.hasOwn(target, last)) throw this.#error(`${last} is set twice`);
    this.#expect("=");
    target[last] = this.#value(depth);
  }

  #path(): string[] {
    const keys: string[] = [];
    do {
      this.#skipSpaces();
      keys.push(this.#key());
      this.#skipSpaces();
    } while (this.#take("."));
    return keys;
  }

  #key(): string {
    const quote = this.#text[this.#at];
    if (quote === '"' || quote === "'") return this.#string();
    const key = this.#match(/[A-Za-z0-9_-]+/y);
    if (key === undefined) throw this.#error("a key is missing");
    return key;
  }

  #value(depth: number): TomlValue {
    if (depth > MAX_DEPTH) throw this.#error("nested too deep");
    this.#skipSpaces();
    const next = this.#text[this.#at];
    if (next === '"' || next === "'") return this.#string();
    if (this.#take("[")) return this.#list(depth);
    if (this.#take("{")) return this.#inlineTable(depth);
    const word = this.#match(/[A-Za-z0-9_+:.-]+/y);
    if (word === "true" || word === "false") return word === "true";
    if (word === undefined) throw this.#error("a value is missing");
    const number = Number(word.replaceAll("_", ""));
    return Number.isNaN(number) ? this.#date(word) : number;
  }

  #date(word: string): string {
    if (/^\d{4}-\d\d-\d\d|^\d\d:\d\d/.test(word)) return word;
    throw this.#error(`${JSON.stringify(word)} is no value`);
  }

  #list(depth: number): TomlValue {
    const list: TomlValue[] = [];
    for (this.#skipLines(); !this.#take("]"); this.#skipLines()) {
      if (list.length > 0) this.#expect(",");
      this.#skipLines();
      if (this.#take("]")) break;
      list.push(this.#value(depth + 1));
    }
    return list;
  }

  #inlineTable(depth: number): TomlTable {
    const table = newTable();
    this.#skipSpaces();
    if (this.#take("}")) return table;
    do this.#assign(table, depth + 1);
    while (this.#comma());
    this.#expect("}");
    return table;
  }

  #comma(): boolean {
    this.#skipSpaces();
    return this.#take(",");
  }

  #string(): string {
    if (this.#take('"""')) return unescapeText(this.#until('"""').replace(/^\n/, ""), (why) => this.#error(why));
    if (this.#take("'''")) return this.#until("'''").replace(/^\n/, "");
    if (this.#take("'")) return this.#line(this.#until("'"));
    this.#take('"');
    const body = this.#match(/(?:[^"\\\n]|\\.)*/y) ?? "";
    this.#expect('"');
    return unescapeText(body, (why) => this.#error(why));
  }

  #line(text: string): string {
    if (text.includes("\n")) throw this.#error("a string does not end on its line");
    return text;
  }

  #until(end: string): string {
    let close = this.#text.indexOf(end, this.#at);
    while (close !== -1 && end === '"""' && this.#text[close - 1] === "\\") close = this.#text.indexOf(end, close + 1);
    if (close === -1) throw this.#error(`${end} is missing`);
    const text = this.#text.slice(this.#at, close);
    this.#at = close + end.length;
    return text;
  }

  #skipSpaces(): void {
    this.#match(/[ \t]*/y);
  }

  #skipLines(): void {
    this.#match(/(?:[ \t\n]|#[^\n]*)*/y);
  }

  #endOfLine(): void {
    this.#match(/[ \t]*(?:#[^\n]*)?/y);
    if (this.#at < this.#text.length && this.#text[this.#at] !== "\n") throw this.#error("the line goes on");
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #expect(text: string): void {
    this.#skipSpaces();
    if (!this.#take(text)) throw this.#error(`${JSON.stringify(text)} is missing`);
  }

  #error(reason: string): TsbuildError {
    const line = this.#text.slice(0, this.#at).split("\n").length;
    return settingsInvalid(`${this.#file}, line ${line}: ${reason}`, {
      hint: "it is read as TOML",
    });
  }
}

// Without a prototype: a key may be called anything.
function newTable(): MutableTable {
  return Object.create(null);
}

function unescapeText(text: string, error: (reason: string) => TsbuildError): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[ \t]*\n\s*|(.))/g, (_all, short, long, single) => {
    const code = short ?? long;
    if (code !== undefined) return character(Number.parseInt(code, 16), error);
    if (single === undefined) return "";
    const plain = ESCAPES[single];
    if (plain === undefined) throw error(`\\${single} is unknown`);
    return plain;
  });
}

function character(code: number, error: (reason: string) => TsbuildError): string {
  if (code > 0x10ffff) throw error("there is no such character");
  return String.fromCodePoint(code);
}
