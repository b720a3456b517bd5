//! Building permits as pure rules: procedures as data, working days, checks (facts in, verdicts out).
//! The service around them is `http::permits`, `jobs` and `store`.

pub mod calendar;
pub mod canonical;
pub mod check_input;
pub mod checks;
pub mod clock;
pub mod law;
pub mod procedure;
pub mod verdict;

pub use law::Law;
