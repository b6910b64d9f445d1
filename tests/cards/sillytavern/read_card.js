// Prints the card in a PNG as SillyTavern finds it: with its parts, `ccv3` before `chara`.
"use strict";
const fs = require("fs");
const extract = require("png-chunks-extract");
const text = require("png-chunk-text");

const found = extract(new Uint8Array(fs.readFileSync(process.argv[2])))
  .filter((chunk) => chunk.name === "tEXt")
  .map((chunk) => text.decode(chunk.data));
const named = (keyword) => found.find((one) => one.keyword.toLowerCase() === keyword);
const card = named("ccv3") || named("chara");
process.stdout.write(Buffer.from(card.text, "base64").toString("utf8"));
