//! Cuts a style by the attributes that it asks for: each case has one appearance, whatever its zoom.

use serde_json::Value;

use super::condition::{self, Condition, Operator, attribute};

/// Members of a style that are drawn by. A text's words stay an expression: they may follow the item.
const DRAWN: [&str; 2] = ["layout", "paint"];
const WORDS: &str = "text-field";
/// Steps between two stops of what grows with an attribute.
const STEPS: usize = 4;
/// Cases of a style above which it is no legend any more.
const MOST: usize = 400;

/// A style as it is for items of a condition.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) condition: Condition,
    pub(super) style: Value,
}

/// All cases of a style; together they hold every item.
pub(super) fn cases(style: &Value) -> Result<Vec<Case>, String> {
    let mut done = Vec::new();
    let mut todo = vec![Case { condition: Condition::Always, style: style.clone() }];
    while let Some(case) = todo.pop() {
        match question(&case.style) {
            None => done.push(case),
            Some(question) => {
                let mut answers: Vec<Case> = Vec::new();
                for (condition, style) in question.answers(&case.style)? {
                    let condition = case.condition.clone().and(condition);
                    answers.push(Case { condition, style });
                }
                todo.extend(answers.into_iter().rev());
            }
        }
        if done.len() + todo.len() > MOST {
            return Err(format!("it has more than {MOST} appearances"));
        }
    }
    Ok(done)
}

/// What a style asks of an item.
enum Question {
    /// Which of the values that it names.
    Value { attribute: String, named: Vec<Value> },
    /// Whether a condition holds.
    Whether { asked: Value },
    /// Between which of the numbers.
    Number { attribute: String, stops: Vec<f64> },
}

/// The first question of a style.
fn question(style: &Value) -> Option<Question> {
    let mut first = None;
    for member in DRAWN {
        for (name, value) in style[member].as_object().into_iter().flatten() {
            if name != WORDS {
                visit(value, &mut |e| {
                    if first.is_none() {
                        first = asked(e);
                    }
                });
            }
        }
    }
    // All values that are named anywhere: a style that names one twice must not contradict itself.
    if let Some(Question::Value { attribute, named }) = &mut first {
        for member in DRAWN {
            visit(&style[member], &mut |e| {
                if let Some(Question::Value { attribute: other, named: more }) = asked(e)
                    && other == *attribute
                {
                    more.into_iter().for_each(|v| {
                        if !named.contains(&v) {
                            named.push(v);
                        }
                    });
                }
            });
        }
    }
    first
}

fn asked(expression: &Value) -> Option<Question> {
    let items = expression.as_array()?;
    match (items.first()?.as_str()?, &items[1..]) {
        ("match", [input, arms @ ..]) => {
            let attribute = attribute(input)?.to_owned();
            let labels = arms.chunks_exact(2).flat_map(|arm| match &arm[0] {
                Value::Array(many) => many.clone(),
                one => vec![one.clone()],
            });
            Some(Question::Value { attribute, named: labels.collect() })
        }
        ("case", [asked, _, ..]) => Some(Question::Whether { asked: asked.clone() }),
        ("step", [input, _, stops @ ..]) => numbers(input, stops.iter().step_by(2)),
        ("interpolate", [_, input, stops @ ..]) => {
            let Question::Number { attribute, stops } = numbers(input, stops.iter().step_by(2))? else {
                return None;
            };
            let between = |w: &[f64]| {
                let (a, b) = (w[0], w[1]);
                (0..STEPS).map(move |i| a + (b - a) * i as f64 / STEPS as f64).collect::<Vec<_>>()
            };
            let last = stops.last().copied();
            let stops = stops.windows(2).flat_map(between).chain(last).collect();
            Some(Question::Number { attribute, stops })
        }
        _ => None,
    }
}

fn numbers<'a>(input: &Value, stops: impl Iterator<Item = &'a Value>) -> Option<Question> {
    let attribute = attribute(input)?.to_owned();
    Some(Question::Number { attribute, stops: stops.map(Value::as_f64).collect::<Option<_>>()? })
}

impl Question {
    /// Each answer with the style that it leaves, equal ones together.
    fn answers(&self, style: &Value) -> Result<Vec<(Condition, Value)>, String> {
        let given = |answer: &Answer<'_>| {
            let mut style = style.clone();
            for member in DRAWN {
                for (name, value) in style[member].as_object_mut().into_iter().flatten() {
                    if name != WORDS {
                        answer.put(value);
                    }
                }
            }
            style
        };
        match self {
            Self::Value { attribute, named } => {
                let other = given(&Answer::Value(attribute, None));
                let mut groups: Vec<(Vec<Value>, Value)> = Vec::new();
                let mut apart = Vec::new();
                for value in named {
                    let style = given(&Answer::Value(attribute, Some(value)));
                    if style == other {
                        continue;
                    }
                    apart.push(value.clone());
                    match groups.iter_mut().find(|(_, s)| *s == style) {
                        Some((values, _)) => values.push(value.clone()),
                        None => groups.push((vec![value.clone()], style)),
                    }
                }
                let cases = groups.into_iter().map(|(v, s)| (Condition::one_of(attribute, &v), s));
                let rest =
                    if apart.is_empty() { Condition::Always } else { Condition::none_of(attribute, &apart) };
                Ok(cases.chain([(rest, other)]).collect())
            }
            Self::Whether { asked } => {
                let holds = condition::read(asked)?;
                let not = holds.clone().negated();
                Ok(vec![
                    (holds, given(&Answer::Holds(asked, true))),
                    (not, given(&Answer::Holds(asked, false))),
                ])
            }
            Self::Number { attribute, stops } => {
                let limit = |op, at: f64| Condition::Compare(op, attribute.clone(), at.into());
                let first = (limit(Operator::Less, stops[0]), stops[0] - 1.0);
                let between = stops.windows(2).map(|w| {
                    let from = limit(Operator::GreaterOrEqual, w[0]);
                    (from.and(limit(Operator::Less, w[1])), f64::midpoint(w[0], w[1]))
                });
                let last = stops[stops.len() - 1];
                let behind = (limit(Operator::GreaterOrEqual, last), last + 1.0);
                let all = std::iter::once(first).chain(between).chain([behind]);
                Ok(all.map(|(c, at)| (c, given(&Answer::Number(attribute, at)))).collect())
            }
        }
    }
}

/// What is known of an item.
enum Answer<'a> {
    /// The value of an attribute; none: another one than any that is named.
    Value(&'a str, Option<&'a Value>),
    Holds(&'a Value, bool),
    Number(&'a str, f64),
}

impl Answer<'_> {
    /// Puts what is known into an expression.
    fn put(&self, expression: &mut Value) {
        if let Some(items) = expression.as_array_mut() {
            items.iter_mut().for_each(|e| self.put(e));
        }
        if let Some(known) = self.known(expression) {
            *expression = known;
            self.put(expression);
        }
    }

    fn known(&self, expression: &Value) -> Option<Value> {
        let items = expression.as_array()?;
        match (self, items.first()?.as_str()?, &items[1..]) {
            (Self::Value(attribute, value), "match", [input, arms @ .., other])
                if super::condition::attribute(input) == Some(attribute) =>
            {
                let is = |label: &Value| match label {
                    Value::Array(many) => value.is_some_and(|v| many.contains(v)),
                    one => *value == Some(one),
                };
                Some(arms.chunks_exact(2).find(|arm| is(&arm[0])).map_or(other, |arm| &arm[1]).clone())
            }
            (Self::Holds(asked, holds), "case", [first, then, rest @ ..]) if first == *asked => {
                if *holds {
                    return Some(then.clone());
                }
                match rest {
                    [other] => Some(other.clone()),
                    more => Some(std::iter::once("case".into()).chain(more.iter().cloned()).collect()),
                }
            }
            (Self::Number(attribute, at), "step", [input, first, stops @ ..])
                if super::condition::attribute(input) == Some(attribute) =>
            {
                let reached = stops.chunks_exact(2).take_while(|s| s[0].as_f64().is_some_and(|v| v <= *at));
                Some(reached.last().map_or(first, |s| &s[1]).clone())
            }
            (Self::Number(attribute, at), "interpolate", [kind, input, stops @ ..])
                if super::condition::attribute(input) == Some(attribute) =>
            {
                super::constant::between(kind, stops, *at)
            }
            _ => None,
        }
    }
}

fn visit(value: &Value, see: &mut impl FnMut(&Value)) {
    see(value);
    match value {
        Value::Array(items) => items.iter().for_each(|v| visit(v, see)),
        Value::Object(members) => members.values().for_each(|v| visit(v, see)),
        _ => {}
    }
}
