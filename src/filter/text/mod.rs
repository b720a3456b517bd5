//! CQL2 text (OGC 21-065r2, annex B): a reader by recursive descent, and a writer.
//!
//! Written here because of the two crates that read CQL2, one links GEOS and PROJ and the other brings a grammar
//! engine, two JSON validators' worth of dependencies and an SQL parser; neither limits depth or says in two languages
//! what was expected where.

mod lex;
mod names;
mod print;
mod terms;
mod wkt;

use lex::{Kind, Token, tokens, wrong};

use super::{ArithmeticOp, Expr, Term};
use crate::layers::Value;
use crate::{Error, Result};

pub(super) use names::{ARITHMETIC, ARRAY, COMPARE, SPATIAL, TEMPORAL, is_binary, name_of, named};
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
