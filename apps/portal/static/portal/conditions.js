// `showIf` in the browser: the same operators as apps/portal/forms/conditions.py, on answers as they stand in the form.
// An absent answer equals nothing, contains nothing and has no order.

const NEGATIONS = { ne: "eq", not_in: "in", empty: "filled" };
const ORDERS = {
  gt: (one, other) => one > other,
  gte: (one, other) => one >= other,
  lt: (one, other) => one < other,
  lte: (one, other) => one <= other,
};
const NUMBERS = ["number", "integer"];
const TIMES = ["date", "datetime"];

/** Whether a question is asked, given the answers before it and the type of the one it looks at. */
export function holds(condition, answers, type) {
  if (!condition) {
    return true;
  }
  const operator = NEGATIONS[condition.operator] ?? condition.operator;
  const answer = answers[condition.field] ?? null;
  const fits = answer !== null && fitting(operator, type, answer, condition.value);
  return fits !== (operator !== condition.operator);
}

function fitting(operator, type, answer, value) {
  if (operator === "filled") {
    return true;
  }
  if (operator === "contains") {
    return Array.isArray(answer) ? answer.includes(String(value)) : String(answer).includes(String(value));
  }
  const mine = measure(type, answer);
  if (ORDERS[operator]) {
    return ORDERS[operator](mine, measure(type, value));
  }
  return [value].flat().some((each) => measure(type, each) === mine);
}

function measure(type, value) {
  if (NUMBERS.includes(type)) {
    return Number(value);
  }
  if (TIMES.includes(type)) {
    return new Date(value).getTime();
  }
  return type === "checkbox" ? value === true || value === "true" : String(value);
}
