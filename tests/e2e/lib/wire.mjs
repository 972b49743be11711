// Messages in protobuf's binary form, by hand: numbers, texts, bytes and messages.

function varint(number) {
  const bytes = [];
  for (; number > 127; number = Math.floor(number / 128)) bytes.push((number % 128) + 128);
  return Buffer.from([...bytes, number]);
}

/** A field of a message; its value is text, bytes or an encoded message. */
export function field(number, value) {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

/** A field whose value is a number from 0 on. */
export function numberField(number, value) {
  return Buffer.concat([varint(number * 8), varint(value)]);
}

export function message(...fields) {
  return Buffer.concat(fields);
}
