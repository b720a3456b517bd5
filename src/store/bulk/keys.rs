//! Rows whose key cannot be: missing, or repeated in the file.

use sqlx::Row;

use super::{Bulk, Mode, report::LISTED};
use crate::Result;
use crate::store::{Tx, layer_sql, units};
use crate::text::Text;

/// Rejects rows whose key is missing (which appended ones may lack) or stands in an earlier row.
pub(super) async fn reject(bulk: &mut Bulk<'_>, tx: &mut Tx, mode: Mode) -> Result<()> {
    if bulk.def.key.is_empty() || bulk.written == 0 {
        return Ok(());
    }
    let names = bulk.def.key.join(", ");
    let number = bulk.number;
    let nulls = layer_sql::any_null(&bulk.def)?;
    if mode != Mode::Append {
        let reason =
            Text::new(format!("thiếu giá trị khóa ({names})"), format!("the key ({names}) has no value"));
        delete(bulk, tx, &nulls, &reason).await?;
    }
    let staging = &bulk.staging;
    let key = layer_sql::key(&bulk.def, "")?;
    let repeated = format!(
        "{number} in (select {number} from (select {number}, row_number() over (partition by {key} order by \
         {number}) as n from {staging} where ({key}) in (select {key} from {staging} where not ({nulls}) group by \
         {key} having count(*) > 1)) r where n > 1)"
    );
    let reason = Text::new(
        format!("khóa ({names}) đã có ở dòng trước của tệp"),
        format!("the key ({names}) stands in an earlier row of the file"),
    );
    delete(bulk, tx, &repeated, &reason).await
}

/// Deletes the rows of the staging table `s` for which `condition` holds, counts them all and names the first.
pub(super) async fn delete(bulk: &mut Bulk<'_>, tx: &mut Tx, condition: &str, reason: &Text) -> Result<()> {
    let number = bulk.number;
    let sql = format!(
        "with gone as (delete from {} s where {condition} returning {number} as n) \
         select count(*) over (), n from gone order by n limit {LISTED}",
        bulk.staging
    );
    let rows = sqlx::query(&sql).fetch_all(&mut **tx).await?;
    let Some(first) = rows.first() else { return Ok(()) };
    let all = u64::try_from(first.try_get::<i64, _>(0)?).unwrap_or(0);
    let numbers = rows.iter().map(|r| r.try_get(1)).collect::<Result<Vec<i64>, _>>()?;
    for place in bulk.places.of(&numbers)? {
        bulk.report.reject(place, reason.clone());
    }
    bulk.report.rejected += all.saturating_sub(numbers.len() as u64);
    bulk.written = bulk.written.saturating_sub(all);
    if bulk.report.units.filled > 0 {
        bulk.report.units.filled = units::count_filled(tx, &bulk.staging, number).await?;
    }
    Ok(())
}
