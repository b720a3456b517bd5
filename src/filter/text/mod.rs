//! CQL2 text (OGC 21-065r2, annex B): a reader by recursive descent, and a writer.
//!
//! Written here because of the two crates that read CQL2, one links GEOS and PROJ and the other brings a grammar
//! engine, two JSON validators' worth of dependencies and an SQL parser; neither limits depth or says in two languages
//! what was expected where.

mod lex;
mod print;
mod wkt;

use lex::{Kind, Token, tokens, wrong};

use super::{ArithmeticOp, ArrayOp, CompareOp, Expr, SpatialOp, TemporalOp, Term};
use crate::layers::Value;
use crate::{Error, Result};

pub use print::{print, print_term};

/// Longest filter, bytes of text or JSON.
pub const MOST_BYTES: usize = 64 * 1024;
/// Deepest nesting of a filter.
pub const MOST_DEPTH: usize = 64;

/// A filter longer than [`MOST_BYTES`].
pub(super) fn too_long() -> Error {
    Error::invalid(
        "filter",
        format!("bộ lọc dài quá {MOST_BYTES} byte"),
        format!("the filter is longer than {MOST_BYTES} bytes"),
    )
}

/// Reads CQL2 text. The error gives the byte and what was expected there.
pub fn parse(text: &str) -> Result<Expr> {
    if text.len() > MOST_BYTES {
        return Err(too_long());
    }
    with_room_for(text, || read(text))
}

/// Runs a reader of `text` where its recursion has room: what may be nested deeply gets a stack of its own, for a
/// worker's may be small.
pub(super) fn with_room_for<T: Send>(text: &str, read: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    const SHALLOW: usize = 12;
    const STACK_BYTES: usize = 16 * 1024 * 1024;
    let opens =
        text.bytes().filter(|b| matches!(b, b'(' | b'[' | b'{' | b'-' | b't' | b'T')).take(SHALLOW + 1);
    if opens.count() <= SHALLOW {
        return read();
    }
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, read);
        let thread = thread.map_err(|e| Error::internal("starting a thread for a filter", e))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn read(text: &str) -> Result<Expr> {
    let mut parser = Parser { tokens: tokens(text)?, next: 0, depth: 0, vertices: 0 };
    let start = parser.at();
    let part = parser.or()?;
    let expr = condition(part, start)?;
    match parser.peek() {
        Kind::End => Ok(expr),
        _ => Err(parser.expected("AND, OR hoặc hết bộ lọc", "AND, OR or the end")),
    }
}

/// What was read: a condition, a term, or one of them in parentheses.
enum Part {
    Expr(Expr),
    Term(Term),
    Group(Box<Part>),
}

/// The names of operators; the same in text and JSON.
pub(super) const SPATIAL: [(&str, SpatialOp); 8] = [
    ("s_intersects", SpatialOp::Intersects),
    ("s_equals", SpatialOp::Equals),
    ("s_disjoint", SpatialOp::Disjoint),
    ("s_touches", SpatialOp::Touches),
    ("s_within", SpatialOp::Within),
    ("s_overlaps", SpatialOp::Overlaps),
    ("s_crosses", SpatialOp::Crosses),
    ("s_contains", SpatialOp::Contains),
];

/// See [`SPATIAL`]. JSON writes the two-word ones with a capital, and is read without regard to it.
pub(super) const TEMPORAL: [(&str, TemporalOp); 15] = [
    ("t_after", TemporalOp::After),
    ("t_before", TemporalOp::Before),
    ("t_contains", TemporalOp::Contains),
    ("t_disjoint", TemporalOp::Disjoint),
    ("t_during", TemporalOp::During),
    ("t_equals", TemporalOp::Equals),
    ("t_finishedBy", TemporalOp::FinishedBy),
    ("t_finishes", TemporalOp::Finishes),
    ("t_intersects", TemporalOp::Intersects),
    ("t_meets", TemporalOp::Meets),
    ("t_metBy", TemporalOp::MetBy),
    ("t_overlappedBy", TemporalOp::OverlappedBy),
    ("t_overlaps", TemporalOp::Overlaps),
    ("t_startedBy", TemporalOp::StartedBy),
    ("t_starts", TemporalOp::Starts),
];

/// See [`SPATIAL`].
pub(super) const ARRAY: [(&str, ArrayOp); 4] = [
    ("a_equals", ArrayOp::Equals),
    ("a_contains", ArrayOp::Contains),
    ("a_containedBy", ArrayOp::ContainedBy),
    ("a_overlaps", ArrayOp::Overlaps),
];

/// See [`SPATIAL`].
pub(super) const COMPARE: [(&str, CompareOp); 6] = [
    ("=", CompareOp::Eq),
    ("<>", CompareOp::NotEq),
    ("<", CompareOp::Lt),
    ("<=", CompareOp::LtEq),
    (">", CompareOp::Gt),
    (">=", CompareOp::GtEq),
];

/// See [`SPATIAL`].
pub(super) const ARITHMETIC: [(&str, ArithmeticOp); 7] = [
    ("+", ArithmeticOp::Add),
    ("-", ArithmeticOp::Sub),
    ("*", ArithmeticOp::Mul),
    ("/", ArithmeticOp::Div),
    ("%", ArithmeticOp::Rem),
    ("div", ArithmeticOp::IntDiv),
    ("^", ArithmeticOp::Pow),
];

/// The operator of that name, whatever its case.
pub(super) fn named<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    table.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, op)| *op)
}

/// The name of an operator.
pub(super) fn name_of<T: PartialEq>(table: &[(&'static str, T)], op: &T) -> &'static str {
    table.iter().find(|(_, o)| o == op).map_or("", |(n, _)| n)
}

/// A part as a condition.
fn condition(part: Part, at: usize) -> Result<Expr> {
    match part {
        Part::Expr(expr) => Ok(expr),
        Part::Group(inner) => condition(*inner, at),
        Part::Term(Term::Condition(expr)) => Ok(*expr),
        Part::Term(term @ (Term::Property(_) | Term::Function { .. } | Term::Literal(Value::Bool(_)))) => {
            Ok(Expr::Truth(term))
        }
        Part::Term(_) => {
            Err(wrong(at, "cần một điều kiện, nhận được một giá trị", "expected a condition, got a value"))
        }
    }
}

/// A part as a term.
fn term(part: Part) -> Term {
    match part {
        Part::Group(inner) => term(*inner),
        Part::Term(term) | Part::Expr(Expr::Truth(term)) => term,
        Part::Expr(expr) => Term::Condition(Box::new(expr)),
    }
}

/// A part as the operand of an array predicate: one element in parentheses is an array.
fn array_term(part: Part) -> Term {
    match part {
        Part::Group(inner) => Term::Array(vec![array_term(*inner)]),
        part => term(part),
    }
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
    depth: usize,
    /// Of all geometries so far.
    vertices: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> &Kind<'a> {
        &self.tokens[self.next].kind
    }

    fn peek_after(&self) -> &Kind<'a> {
        &self.tokens[(self.next + 1).min(self.tokens.len() - 1)].kind
    }

    fn at(&self) -> usize {
        self.tokens[self.next].at
    }

    fn skip(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len() - 1);
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Kind::Word(w) if w.eq_ignore_ascii_case(word))
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.skip();
        }
        found
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Kind::Sign(s) if *s == sign);
        if found {
            self.skip();
        }
        found
    }

    fn must(&mut self, sign: &str) -> Result<()> {
        if self.takes(sign) { Ok(()) } else { Err(self.expected(sign, sign)) }
    }

    fn must_word(&mut self, word: &str) -> Result<()> {
        if self.takes_word(word) { Ok(()) } else { Err(self.expected(word, word)) }
    }

    fn expected(&self, vi: &str, en: &str) -> Error {
        let got = match self.peek() {
            Kind::Word(w) => (*w).to_owned(),
            Kind::Quoted(w) => format!("\"{w}\""),
            Kind::Text(t) => format!("'{t}'"),
            Kind::Number(n) => (*n).to_owned(),
            Kind::Sign(s) => (*s).to_owned(),
            Kind::End => {
                return wrong(
                    self.at(),
                    &format!("cần {vi}, nhưng bộ lọc đã hết"),
                    &format!("expected {en}, got the end"),
                );
            }
        };
        let got: String = got.chars().take(40).collect();
        wrong(self.at(), &format!("cần {vi}, nhận được {got}"), &format!("expected {en}, got {got}"))
    }

    /// Goes one level deeper.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth == MOST_DEPTH {
            return Err(wrong(
                self.at(),
                &format!("lồng nhau quá {MOST_DEPTH} lớp"),
                &format!("nested more than {MOST_DEPTH} deep"),
            ));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn or(&mut self) -> Result<Part> {
        self.junction("or", Self::and, Expr::Or)
    }

    fn and(&mut self) -> Result<Part> {
        self.junction("and", Self::not, Expr::And)
    }

    fn junction(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<Part>,
        make: fn(Vec<Expr>) -> Expr,
    ) -> Result<Part> {
        let at = self.at();
        let first = part(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut list = vec![condition(first, at)?];
        while self.takes_word(word) {
            let at = self.at();
            list.push(condition(part(self)?, at)?);
        }
        Ok(Part::Expr(make(list)))
    }

    fn not(&mut self) -> Result<Part> {
        if !self.takes_word("not") {
            return self.comparison();
        }
        let at = self.at();
        let inner = self.deeper(Self::not)?;
        Ok(Part::Expr(Expr::Not(Box::new(condition(inner, at)?))))
    }

    fn comparison(&mut self) -> Result<Part> {
        let left = self.sum()?;
        let op = match self.peek() {
            Kind::Sign(s) => named(&COMPARE, s),
            _ => None,
        };
        if let Some(op) = op {
            self.skip();
            let right = term(self.sum()?);
            return Ok(Part::Expr(Expr::CompareTerms { op, left: term(left), right }));
        }
        if self.takes_word("is") {
            let not = self.takes_word("not");
            self.must_word("null")?;
            return Ok(negated(not, Expr::IsNullTerm(term(left))));
        }
        let not = self.takes_word("not");
        if self.takes_word("like") {
            let pattern = term(self.sum()?);
            return Ok(negated(not, Expr::Like { text: term(left), pattern }));
        }
        if self.takes_word("between") {
            let low = term(self.sum()?);
            self.must_word("and")?;
            let high = term(self.sum()?);
            return Ok(negated(not, Expr::Between { value: term(left), low, high }));
        }
        if self.takes_word("in") {
            self.must("(")?;
            let list = self.list()?;
            return Ok(negated(not, Expr::In { value: term(left), list }));
        }
        if not {
            return Err(self.expected("LIKE, BETWEEN hoặc IN", "LIKE, BETWEEN or IN"));
        }
        Ok(left)
    }

    /// Terms up to the closing parenthesis, at least one.
    fn list(&mut self) -> Result<Vec<Term>> {
        let mut list = Vec::new();
        loop {
            list.push(term(self.deeper(Self::or)?));
            if !self.takes(",") {
                self.must(")")?;
                return Ok(list);
            }
        }
    }

    fn sum(&mut self) -> Result<Part> {
        self.chain(&[("+", ArithmeticOp::Add), ("-", ArithmeticOp::Sub)], Self::product)
    }

    fn product(&mut self) -> Result<Part> {
        let ops = [
            ("*", ArithmeticOp::Mul),
            ("/", ArithmeticOp::Div),
            ("%", ArithmeticOp::Rem),
            ("div", ArithmeticOp::IntDiv),
        ];
        self.chain(&ops, Self::power)
    }

    fn power(&mut self) -> Result<Part> {
        self.chain(&[("^", ArithmeticOp::Pow)], Self::factor)
    }

    fn chain(&mut self, ops: &[(&str, ArithmeticOp)], part: fn(&mut Self) -> Result<Part>) -> Result<Part> {
        let mut left = part(self)?;
        loop {
            let op = match self.peek() {
                Kind::Sign(s) | Kind::Word(s) => named(ops, s),
                _ => None,
            };
            let Some(op) = op else { return Ok(left) };
            let at = self.at();
            self.skip();
            let right = term(part(self)?);
            let made = Term::Arithmetic { op, left: Box::new(term(left)), right: Box::new(right) };
            if height(&made) > MOST_DEPTH {
                return Err(wrong(
                    at,
                    &format!("biểu thức dài quá {MOST_DEPTH} bước"),
                    &format!("the expression has more than {MOST_DEPTH} steps"),
                ));
            }
            left = Part::Term(made);
        }
    }

    fn factor(&mut self) -> Result<Part> {
        if self.takes("+") {
            return self.number().map(Part::Term);
        }
        if !self.takes("-") {
            return self.primary();
        }
        if matches!(self.peek(), Kind::Number(_)) {
            return Ok(Part::Term(match self.number()? {
                Term::Literal(Value::Int(i)) => Term::literal(-i),
                Term::Literal(Value::Real(r)) => Term::literal(-r),
                other => other,
            }));
        }
        let right = Box::new(term(self.deeper(Self::factor)?));
        Ok(Part::Term(Term::Arithmetic {
            op: ArithmeticOp::Mul,
            left: Box::new(Term::literal(-1_i64)),
            right,
        }))
    }

    fn number(&mut self) -> Result<Term> {
        let Kind::Number(text) = self.peek() else { return Err(self.expected("một số", "a number")) };
        let term = match text.parse::<i64>() {
            Ok(i) => Term::literal(i),
            Err(_) => match text.parse::<f64>() {
                Ok(r) if r.is_finite() => Term::literal(r),
                _ => return Err(self.expected("một số", "a number")),
            },
        };
        self.skip();
        Ok(term)
    }

    fn primary(&mut self) -> Result<Part> {
        if self.takes("(") {
            return self.group();
        }
        let word = match self.peek() {
            Kind::Text(text) => {
                let term = Term::literal(text.as_str());
                self.skip();
                return Ok(Part::Term(term));
            }
            Kind::Number(_) => return self.number().map(Part::Term),
            Kind::Quoted(name) => {
                let name = name.clone();
                self.skip();
                // A function may be named as a property is.
                return if self.takes("(") { self.call(name) } else { Ok(Part::Term(Term::Property(name))) };
            }
            Kind::Word(word) => *word,
            _ => {
                return Err(
                    self.expected("một thuộc tính, giá trị hoặc hàm", "a property, a value or a function")
                );
            }
        };
        let lower = word.to_ascii_lowercase();
        match lower.as_str() {
            "true" | "false" => {
                self.skip();
                return Ok(Part::Term(Term::literal(lower == "true")));
            }
            "and" | "or" | "not" | "like" | "between" | "in" | "is" | "null" => {
                return Err(
                    self.expected("một thuộc tính, giá trị hoặc hàm", "a property, a value or a function")
                );
            }
            _ => {}
        }
        if wkt::is_tag(&lower) && (self.peek_after() == &Kind::Sign("(") || wkt::is_z(self.peek_after())) {
            return self.geometry().map(Part::Term);
        }
        self.skip();
        if !self.takes("(") {
            return Ok(Part::Term(Term::property(word)));
        }
        self.keyword(word, &lower)
    }

    /// What follows an opening parenthesis: a part in parentheses, or an array.
    fn group(&mut self) -> Result<Part> {
        if self.takes(")") {
            return Ok(Part::Term(Term::Array(Vec::new())));
        }
        let first = self.deeper(Self::or)?;
        if self.takes(")") {
            return Ok(Part::Group(Box::new(first)));
        }
        if !self.takes(",") {
            return Err(self.expected(") hoặc ,", ") or ,"));
        }
        let mut list = vec![array_term(first)];
        loop {
            list.push(array_term(self.deeper(Self::or)?));
            if !self.takes(",") {
                self.must(")")?;
                return Ok(Part::Term(Term::Array(list)));
            }
        }
    }

    /// What follows a name and an opening parenthesis.
    fn keyword(&mut self, word: &str, lower: &str) -> Result<Part> {
        let two = |p: &mut Self, read: fn(Part) -> Term| {
            let left = read(p.deeper(Self::or)?);
            p.must(",")?;
            let right = read(p.deeper(Self::or)?);
            p.must(")")?;
            Ok::<_, Error>((left, right))
        };
        if let Some(op) = named(&SPATIAL, lower) {
            let (left, right) = two(self, term)?;
            return Ok(Part::Expr(Expr::Spatial { op, left, right }));
        }
        if let Some(op) = named(&TEMPORAL, lower) {
            let (left, right) = two(self, term)?;
            return Ok(Part::Expr(Expr::Temporal { op, left, right }));
        }
        if let Some(op) = named(&ARRAY, lower) {
            let (left, right) = two(self, array_term)?;
            return Ok(Part::Expr(Expr::Array { op, left, right }));
        }
        Ok(Part::Term(match lower {
            "casei" | "accenti" => {
                let inner = Box::new(term(self.deeper(Self::sum)?));
                self.must(")")?;
                if lower == "casei" { Term::Casei(inner) } else { Term::Accenti(inner) }
            }
            "date" | "timestamp" => {
                let moment = self.moment(lower == "date", lower == "timestamp")?;
                self.must(")")?;
                moment
            }
            "interval" => {
                let from = self.end_of_interval()?;
                self.must(",")?;
                let to = self.end_of_interval()?;
                self.must(")")?;
                Term::Interval(from, to)
            }
            "bbox" => self.bbox()?,
            _ => return self.call(word.to_owned()),
        }))
    }

    fn call(&mut self, name: String) -> Result<Part> {
        let args = if self.takes(")") { Vec::new() } else { self.list()? };
        Ok(Part::Term(Term::Function { name, args }))
    }

    fn moment(&mut self, day: bool, instant: bool) -> Result<Term> {
        let read = match self.peek() {
            Kind::Text(text) => moment(text, day, instant),
            _ => None,
        };
        let read = read.ok_or_else(|| match (day, instant) {
            (true, false) => self.expected("một ngày như '2026-03-01'", "a date such as '2026-03-01'"),
            (false, true) => self.expected(
                "một thời điểm như '2026-03-01T08:00:00Z'",
                "an instant such as '2026-03-01T08:00:00Z'",
            ),
            _ => self.expected("một ngày, một thời điểm hoặc '..'", "a date, an instant or '..'"),
        })?;
        self.skip();
        Ok(read)
    }

    fn end_of_interval(&mut self) -> Result<Option<Box<Term>>> {
        Ok(match self.peek() {
            Kind::Text(text) if text == ".." => {
                self.skip();
                None
            }
            Kind::Text(_) => Some(Box::new(self.moment(true, true)?)),
            _ => Some(Box::new(term(self.deeper(Self::sum)?))),
        })
    }

    fn bbox(&mut self) -> Result<Term> {
        let mut numbers = vec![self.signed()?];
        while self.takes(",") {
            numbers.push(self.signed()?);
        }
        let read = box_of(&numbers);
        let read = read.ok_or_else(|| self.expected("4 hoặc 6 số", "4 or 6 numbers"))?;
        self.must(")")?;
        Ok(read)
    }

    /// A number with its sign.
    fn signed(&mut self) -> Result<f64> {
        let sign = if self.takes("-") { -1.0 } else { 1.0 };
        if sign > 0.0 {
            self.takes("+");
        }
        Ok(sign
            * match self.number()? {
                Term::Literal(Value::Int(i)) => i as f64,
                Term::Literal(Value::Real(r)) => r,
                _ => f64::NAN,
            })
    }
}

fn negated(not: bool, expr: Expr) -> Part {
    Part::Expr(if not { Expr::Not(Box::new(expr)) } else { expr })
}

/// A day or an instant.
pub(super) fn moment(text: &str, day: bool, instant: bool) -> Option<Term> {
    let read_day = || super::typed::parse_day(text).map(Term::literal);
    let read_instant = || super::typed::parse_instant(text).map(Term::literal);
    day.then(read_day).flatten().or_else(|| instant.then(read_instant).flatten())
}

/// A box of four numbers, or of six of which the heights are left out.
pub(super) fn box_of(numbers: &[f64]) -> Option<Term> {
    match *numbers {
        [west, south, east, north] | [west, south, _, east, north, _] => {
            Some(Term::Box([west, south, east, north]))
        }
        _ => None,
    }
}

fn height(term: &Term) -> usize {
    match term {
        Term::Arithmetic { left, right, .. } => 1 + height(left).max(height(right)),
        _ => 0,
    }
}
