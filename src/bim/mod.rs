//! Building models: bytes in, facts out. Pure. Definitions: NĐ 217/2026 and QCVN 01:2021 as `permit` uses them.

pub mod facts;
