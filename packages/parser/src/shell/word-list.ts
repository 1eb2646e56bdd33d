import { isSpace } from "../text/go-strings.ts";

/** Collects characters into words: blanks part words unless they are added as raw (quoted or escaped) text. */
export interface WordList {
  addChar(char: string): void;
  addRaw(text: string): void;
  /** As `addChar` for each character. */
  addText(text: string): void;
  finish(): string[];
}

export function createWordList(): WordList {
  const words: string[] = [];
  let word = "";

  function endWord(): void {
    if (word !== "") words.push(word);
    word = "";
  }

  function addChar(char: string): void {
    if (isSpace(char)) endWord();
    else word += char;
  }

  return {
    addChar,
    addRaw(text) {
      word += text;
    },
    addText(text) {
      for (const char of text) addChar(char);
    },
    finish() {
      endWord();
      return words;
    },
  };
}
