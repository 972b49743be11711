// What is left of scripts and declarations without the contents of literals and without comments.

// The last version whose parser is a library.
import ts from "typescript-5";

/** The shape of a file by the TypeScript compiler's own parser; throws where it cannot be parsed. */
export function shape(name, text, { names = true } = {}) {
  // Scripts as TypeScript, too: their comments are no types then.
  const file = ts.createSourceFile(`${name}.ts`, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const [error] = file.parseDiagnostics;
  if (error) throw new Error(`${name}: ${ts.flattenDiagnosticMessageText(error.messageText, " ")}`);
  return parts(file, names);
}

function parts(node, names) {
  const kind = ts.SyntaxKind[node.kind];
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) return names ? node.text : "name";
  if (ts.isStringLiteralLike(node)) return "literal";
  if (ts.isNumericLiteral(node) || ts.isBigIntLiteral(node)) return node.text;
  if (ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) return "literal";
  if (ts.isRegularExpressionLiteral(node)) return node.text;
  // The bytes of a text.
  if (ts.isArrayLiteralExpression(node) && node.elements.length > 0 && node.elements.every(ts.isNumericLiteral)) return "numbers";
  const inner = [];
  ts.forEachChild(node, (child) => void inner.push(parts(child, names)));
  const operator = ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node) ? ts.SyntaxKind[node.operator] : "";
  return `${kind}${operator}(${inner.join(" ")})`;
}
