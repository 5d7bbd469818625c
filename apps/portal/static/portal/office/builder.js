// The page of a service: two editors and what they come to. Without this script the documents are written as JSON.

import { Command } from "./command.js";
import { Preview } from "./preview.js";
import { Questions } from "./questions.js";

const box = (name) => document.querySelector(`[data-builder="${name}"]`);

if (box("questions") && box("command")) {
  const questions = new Questions(box("questions"));
  new Preview(questions, new Command(box("command"), questions));
}
