use super::lexer::{Kind, Piece, pieces};
use std::{ops::Range, rc::Rc};

/// What a .proto file declares and names, as far as that can be told from the file alone. Files that do not compile have one, too:
/// what is not understood is passed over.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ProtoOutline {
    /// The package; empty where there is none.
    pub package: String,
    /// Messages, enums and services, in their order.
    pub declarations: Vec<Declaration>,
    /// Imports, and names of types, in their order.
    pub references: Vec<Reference>,
}

/// A message, an enum or a service.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Declaration {
    /// Its full name.
    pub name: String,
    /// Where its name stands, in bytes.
    pub at: Range<usize>,
}

/// A place that names something which is declared elsewhere.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reference {
    /// What it names.
    pub to: Referred,
    /// Where it stands, in bytes.
    pub at: Range<usize>,
}

/// What a place names.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Referred {
    /// A file, by its path.
    File {
        /// The path.
        path: String,
        /// Whether those who import this file import that one, too.
        is_public: bool,
    },
    /// A message or an enum.
    Type {
        /// The name as it is written, a leading dot included.
        name: String,
        /// The full name of what it stands in.
        within: Rc<str>,
    },
}

impl Referred {
    /// The full names that it may mean, the one that counts first (Protobuf language specification, "Type names are resolved"):
    /// the innermost scope that has it.
    pub fn candidates(&self) -> impl Iterator<Item = String> + '_ {
        let (name, within) = match self {
            Self::Type { name, within } => (name.as_str(), &**within),
            Self::File { .. } => ("", ""),
        };
        let absolute = name.strip_prefix('.');
        let mut scope = Some(within).filter(|_| absolute.is_none());
        let relative = std::iter::from_fn(move || {
            let now = scope?;
            scope = match now.rsplit_once('.') {
                Some((outer, _)) => Some(outer),
                None if now.is_empty() => None,
                None => Some(""),
            };
            Some(if now.is_empty() { name.to_owned() } else { format!("{now}.{name}") })
        });
        absolute.map(str::to_owned).into_iter().chain(relative)
    }
}

impl ProtoOutline {
    /// Reads a file.
    pub fn read(source: &str) -> Self {
        let pieces = pieces(source).into_iter().filter(|it| it.kind != Kind::Comment).collect();
        let mut reader =
            Reader { source, pieces, at: 0, scope: Vec::new(), outline: Self::default() };
        reader.file();
        reader.outline
    }

    /// The imported paths, each with whether it is imported for others, too.
    pub fn imports(&self) -> impl Iterator<Item = (&str, bool)> {
        self.references.iter().filter_map(|it| match &it.to {
            Referred::File { path, is_public } => Some((path.as_str(), *is_public)),
            Referred::Type { .. } => None,
        })
    }
}

/// The types that are no message and no enum.
const SCALARS: [&str; 15] = [
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32",
    "fixed64", "sfixed32", "sfixed64", "bool", "string", "bytes",
];

/// The deepest that messages are read in one another.
const DEEPEST: usize = 64;

/// The longest full name that is kept, in bytes: a file whose author means no harm has none that is as long.
const LONGEST: usize = 512;

/// How many declarations, and how many references, are kept of a file.
const MOST: usize = 20_000;

struct Reader<'a> {
    source: &'a str,
    pieces: Vec<Piece>,
    at: usize,
    /// The full names of the messages and services that are open, the outermost first.
    scope: Vec<Rc<str>>,
    outline: ProtoOutline,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&Piece> {
        self.pieces.get(self.at)
    }

    fn text(&self, piece: &Piece) -> &'a str {
        &self.source[piece.at.clone()]
    }

    /// The text of the next piece; empty at the end.
    fn next_text(&self) -> &'a str {
        self.peek().map_or("", |piece| self.text(piece))
    }

    fn take(&mut self, text: &str) -> bool {
        let is_next = self.next_text() == text;
        self.at += usize::from(is_next);
        is_next
    }

    fn word(&mut self) -> Option<Range<usize>> {
        let piece = self.peek().filter(|it| it.kind == Kind::Word)?;
        let at = piece.at.clone();
        self.at += 1;
        Some(at)
    }

    /// Where the name of a type stands: words with dots between them.
    fn type_name(&mut self) -> Option<Range<usize>> {
        let start = self.peek()?.at.start;
        self.take(".");
        let mut end = self.word()?.end;
        while self.next_text() == "." {
            self.at += 1;
            let Some(word) = self.word() else { break };
            end = word.end;
        }
        Some(start..end)
    }

    /// Passes the rest of a statement, with all blocks in it.
    fn pass_statement(&mut self) {
        let mut depth = 0_usize;
        while let Some(piece) = self.peek() {
            let text = self.text(piece);
            if depth == 0 && text == "}" {
                return;
            }
            self.at += 1;
            match text {
                "{" | "[" | "(" => depth += 1,
                "}" | "]" | ")" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && text == "}" {
                        return;
                    }
                }
                ";" if depth == 0 => return,
                _ => {}
            }
        }
    }

    fn within(&self) -> Rc<str> {
        self.scope.last().cloned().unwrap_or_else(|| self.outline.package.as_str().into())
    }

    fn refer(&mut self, at: Range<usize>) {
        if at.len() > LONGEST || self.outline.references.len() >= MOST {
            return;
        }
        let name: String = self.source[at.clone()].split_whitespace().collect();
        if SCALARS.contains(&name.as_str()) || name.contains("//") || name.contains("/*") {
            return;
        }
        let to = Referred::Type { name, within: self.within() };
        self.outline.references.push(Reference { to, at });
    }

    /// Notes a declaration; gives its full name, which is that of what it stands in where it is longer than any that is kept.
    fn declare(&mut self, at: Range<usize>) -> Rc<str> {
        let (name, within) = (&self.source[at.clone()], self.within());
        if name.len() + within.len() > LONGEST || self.outline.declarations.len() >= MOST {
            return within;
        }
        let full = if within.is_empty() { name.to_owned() } else { format!("{within}.{name}") };
        self.outline.declarations.push(Declaration { name: full.clone(), at });
        full.into()
    }

    fn file(&mut self) {
        while self.peek().is_some() {
            let start = self.at;
            match self.next_text() {
                "package" => {
                    self.at += 1;
                    if let Some(at) = self.type_name().filter(|at| at.len() <= LONGEST) {
                        self.outline.package = self.source[at].split_whitespace().collect();
                    }
                    self.pass_statement();
                }
                "import" => self.import(),
                _ => self.declaration(0),
            }
            // A closing brace that nothing opened.
            if self.at == start {
                self.at += 1;
            }
        }
    }

    fn import(&mut self) {
        self.at += 1;
        let is_public = self.next_text() == "public";
        if is_public || ["weak", "option"].contains(&self.next_text()) {
            self.at += 1;
        }
        if let Some(piece) = self.peek().filter(|it| it.kind == Kind::String) {
            let at = piece.at.clone();
            let text = &self.source[at.clone()];
            // One that is escaped, or in parts, is led nowhere.
            let path = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
            let is_short = path.len() <= LONGEST && self.outline.references.len() < MOST;
            if !path.is_empty() && is_short && !path.contains('\\') {
                let to = Referred::File { path: path.to_owned(), is_public };
                self.outline.references.push(Reference { to, at });
            }
        }
        self.pass_statement();
    }

    /// What may stand in a file and in a message alike.
    fn declaration(&mut self, depth: usize) {
        match self.next_text() {
            "message" => self.block(depth, Self::member),
            "enum" => {
                self.at += 1;
                if let Some(at) = self.word() {
                    self.declare(at);
                }
                self.pass_statement();
            }
            "service" => self.block(depth, Self::method),
            "extend" => {
                self.at += 1;
                if let Some(at) = self.type_name() {
                    self.refer(at);
                }
                self.body(depth, Self::member);
            }
            _ => self.pass_statement(),
        }
    }

    /// `message Name { … }`, `service Name { … }`.
    fn block(&mut self, depth: usize, member: fn(&mut Self, usize)) {
        self.at += 1;
        let Some(at) = self.word() else { return self.pass_statement() };
        let name = self.declare(at);
        self.scope.push(name);
        self.body(depth, member);
        self.scope.pop();
    }

    fn body(&mut self, depth: usize, member: fn(&mut Self, usize)) {
        if depth >= DEEPEST || !self.take("{") {
            return self.pass_statement();
        }
        while self.peek().is_some() && !self.take("}") {
            let start = self.at;
            member(self, depth + 1);
            if self.at == start {
                self.at += 1;
            }
        }
    }

    /// What stands in a message.
    fn member(&mut self, depth: usize) {
        match self.next_text() {
            "message" | "enum" | "extend" if self.is_declaration() => self.declaration(depth),
            "oneof" if self.is_declaration() => {
                self.at += 2;
                self.body(depth, Self::member);
            }
            "option" | "reserved" | "extensions" | ";" => self.pass_statement(),
            _ => self.field(depth),
        }
    }

    /// Whether the next two words begin a declaration, and no field whose type has the name of a keyword.
    fn is_declaration(&self) -> bool {
        let after = self.pieces.get(self.at + 2).map_or("", |it| self.text(it));
        after != "="
    }

    fn field(&mut self, depth: usize) {
        if ["optional", "required", "repeated"].contains(&self.next_text()) {
            self.at += 1;
        }
        if self.next_text() == "group" {
            return self.group(depth);
        }
        if self.next_text() == "map"
            && self.pieces.get(self.at + 1).map(|it| self.text(it)) == Some("<")
        {
            self.at += 2;
            self.type_name();
            self.take(",");
        }
        if let Some(at) = self.type_name() {
            self.refer(at);
        }
        self.pass_statement();
    }

    /// `group Name = 1 { … }`.
    fn group(&mut self, depth: usize) {
        self.at += 1;
        let Some(at) = self.word() else { return self.pass_statement() };
        let name = self.declare(at);
        while self.peek().is_some() && !["{", ";", "}"].contains(&self.next_text()) {
            self.at += 1;
        }
        self.scope.push(name);
        self.body(depth, Self::member);
        self.scope.pop();
    }

    /// `rpc Name (stream Request) returns (stream Response)`.
    fn method(&mut self, _: usize) {
        if self.next_text() == "rpc" {
            self.at += 1;
            self.word();
            for _ in 0..2 {
                self.take("returns");
                if !self.take("(") {
                    break;
                }
                // A type may be called so, too.
                let after = self.pieces.get(self.at + 1).map_or("", |it| self.text(it));
                if self.next_text() == "stream" && after != ")" && after != "." {
                    self.at += 1;
                }
                if let Some(at) = self.type_name() {
                    self.refer(at);
                }
                self.take(")");
            }
        }
        self.pass_statement();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = r#"
edition = "2023"; // import "no.proto";
package acme.weather . v1;
import "acme/geo/v1/geo.proto";
import public 'acme/units.proto';
option (x.y) = { a: "}" b { c: 1 } };
message Forecast {
  message Day { string name = 1; }
  enum Kind { NONE = 0; option allow_alias = true; }
  Day day = 1 [(opt) = { a: [1, 2] }, deprecated = true];
  repeated .acme.geo.v1.Point points = 2;
  map<string, geo.v1.Point> by_name = 3;
  oneof it { Kind kind = 4; bytes raw = 5; }
  optional group Inner = 6 { Day day = 1; }
  reserved 7, 8 to 9;
  message message = 10;
  extensions 100 to max;
}
extend google.protobuf.FieldOptions { Forecast f = 1; }
service Weather {
  option deprecated = true;
  rpc Get(Forecast) returns (stream Forecast.Day) { option (h) = { get: "/" }; }
  rpc Watch(stream stream) returns (units.Unit);
}
}
"#;

    #[test]
    fn declares_and_names() {
        let outline = ProtoOutline::read(SOURCE);
        assert_eq!(outline.package, "acme.weather.v1");
        let names: Vec<&str> = outline.declarations.iter().map(|it| it.name.as_str()).collect();
        let in_package = |name: &str| format!("acme.weather.v1.{name}");
        let want = ["Forecast", "Forecast.Day", "Forecast.Kind", "Forecast.Inner", "Weather"];
        assert_eq!(names, want.map(in_package));
        let imports: Vec<_> = outline.imports().collect();
        assert_eq!(imports, [("acme/geo/v1/geo.proto", false), ("acme/units.proto", true)]);
        let types: Vec<(&str, &str)> = outline
            .references
            .iter()
            .filter_map(|it| match &it.to {
                Referred::Type { name, within } => {
                    assert_eq!(&SOURCE[it.at.clone()], name);
                    Some((name.as_str(), within.strip_prefix("acme.weather.v1").unwrap()))
                }
                Referred::File { .. } => None,
            })
            .collect();
        let want = [
            ("Day", ".Forecast"),
            (".acme.geo.v1.Point", ".Forecast"),
            ("geo.v1.Point", ".Forecast"),
            ("Kind", ".Forecast"),
            ("Day", ".Forecast.Inner"),
            ("message", ".Forecast"),
            ("google.protobuf.FieldOptions", ""),
            ("Forecast", ""),
            ("Forecast", ".Weather"),
            ("Forecast.Day", ".Weather"),
            ("stream", ".Weather"),
            ("units.Unit", ".Weather"),
        ];
        assert_eq!(types, want);
    }

    #[test]
    fn names_are_looked_for_from_the_inside() {
        let of = |name: &str, within: &str| -> Vec<String> {
            Referred::Type { name: name.into(), within: within.into() }.candidates().collect()
        };
        assert_eq!(of("x.Y", "a.b.C"), ["a.b.C.x.Y", "a.b.x.Y", "a.x.Y", "x.Y"]);
        assert_eq!(of("Y", ""), ["Y"]);
        assert_eq!(of(".x.Y", "a.b.C"), ["x.Y"]);
    }

    #[test]
    fn what_is_not_understood_is_passed_over() {
        for source in [
            "",
            "}",
            "{",
            "message",
            "message {",
            "message M { message",
            "enum",
            "import",
            "import public",
            "service S { rpc",
            "service S { rpc M(",
            "message M { map<",
            "extend",
            "package",
            "package ;",
            "message M { oneof { } } message N {}",
            "optional group",
            "message M { group G",
        ] {
            ProtoOutline::read(source);
        }
        ProtoOutline::read(&"message M { ".repeat(10_000));
        ProtoOutline::read(&"{".repeat(100_000));
        let after = ProtoOutline::read("message M { oneof { } } message N {}");
        assert!(after.declarations.iter().any(|it| it.name == "N"));
    }

    /// What is read of a file is bounded, whatever its author makes of it.
    #[test]
    fn long_names_and_many_are_left_out() {
        let long = "A".repeat(20_000);
        let fields = "B b = 1; ".repeat(10_000);
        let outline = ProtoOutline::read(&format!("package a; message {long} {{ {fields} }}"));
        assert!(outline.declarations.is_empty());
        let kept: usize =
            outline.references.iter().flat_map(|it| it.to.candidates()).map(|it| it.len()).sum();
        assert!(kept < 100_000, "{kept}");
        let outline = ProtoOutline::read(&format!(
            "package {}a; message M {{ B b = 1; }}",
            "a.".repeat(20_000)
        ));
        assert_eq!(outline.package, "");
        let outline =
            ProtoOutline::read(&"enum E { A = 0; } message M { E e = 1; }".repeat(30_000));
        assert_eq!((outline.declarations.len(), outline.references.len()), (MOST, MOST));
    }
}
