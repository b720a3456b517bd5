//! The one place where errors of the database become the crate's.

use sqlx::error::ErrorKind;
use sqlx::postgres::PgDatabaseError;

use crate::Error;
use crate::text::Text;

/// As [`From`], for `map_err`.
#[allow(dead_code, reason = "used by the permit tables")]
pub(in crate::store) fn database(error: sqlx::Error) -> Error {
    Error::from(error)
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed => {
                Self::Unavailable(Box::new(error))
            }
            E::Database(cause) => {
                let code = cause.code().unwrap_or_default();
                if is_absence(&code) {
                    return Self::Unavailable(Box::new(error));
                }
                fault_of_the_client(cause.as_ref()).unwrap_or_else(|| Self::Database(Box::new(error)))
            }
            _ => Self::Database(Box::new(error)),
        }
    }
}

/// Connection exceptions, too many connections, shutdown, crash, start-up, dropped, closed for maintenance (55000,
/// `allow_connections`): the database is away, or about to be.
fn is_absence(code: &str) -> bool {
    code.starts_with("08")
        || matches!(code, "53300" | "55000" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05")
}

/// Constraints that a request can break. All others are faults of this program.
fn fault_of_the_client(cause: &dyn sqlx::error::DatabaseError) -> Option<Error> {
    let constraint = cause.constraint().unwrap_or_default();
    let schema = cause.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::schema);
    match (constraint, cause.kind()) {
        ("account_name_unique", _) => {
            Some(Error::conflict("Tên đăng nhập đã có người dùng.", "The account name is taken."))
        }
        ("account_name_form", _) => Some(Error::invalid(
            "name",
            "Tên đăng nhập gồm 2–80 ký tự: chữ thường không dấu, chữ số, dấu chấm, gạch, @.",
            "a name has 2–80 characters: lower-case letters, digits, . _ @ -",
        )),
        ("account_roles_known", _) => Some(Error::invalid("roles", "Vai trò không có.", "no such role")),
        (key, ErrorKind::UniqueViolation) if schema == Some("layer") && key.ends_with("_key") => {
            let detail = cause.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::detail);
            Some(Error::Conflict {
                reason: Text::new(
                    "Đã có đối tượng khác mang cùng mã (khóa) trong lớp này.",
                    "Another item of this layer has the same key.",
                ),
                detail: serde_json::json!({ "key": detail }),
            })
        }
        (range, ErrorKind::CheckViolation) if schema == Some("layer") && range.ends_with("_range") => {
            let attribute = range.trim_end_matches("_range");
            Some(Error::invalid(attribute, "Giá trị nằm ngoài khoảng cho phép.", "out of the allowed range"))
        }
        (_, ErrorKind::NotNullViolation) if schema == Some("layer") => {
            let column = cause.try_downcast_ref::<PgDatabaseError>().and_then(PgDatabaseError::column);
            Some(Error::invalid(column.unwrap_or("attribute"), "Phải có giá trị.", "a value is required"))
        }
        _ => None,
    }
}
