//! What stands between operators: literals, properties, functions, predicates with a name.

use super::lex::Kind;
use super::names::{ARRAY, SPATIAL, TEMPORAL, is_operator, named};
use super::{Parser, Part, array_term, box_of, moment, term, wkt};
use crate::filter::{ArithmeticOp, Expr, Term};
use crate::layers::Value;
use crate::{Error, Result};

impl Parser<'_> {
    pub(super) fn factor(&mut self) -> Result<Part> {
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
        if is_operator(&name) {
            return Err(self.expected(
                &format!("hàm có tên khác với toán tử {name}"),
                &format!("a function with another name than the operator {name}"),
            ));
        }
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
    pub(super) fn signed(&mut self) -> Result<f64> {
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
