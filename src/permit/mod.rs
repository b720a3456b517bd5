//! Building permits as pure rules: procedures as data, working days, checks (facts in, verdicts out).
//! The service around them is `http::permits`, `jobs` and `store`.

pub mod check_input;
pub mod verdict;
