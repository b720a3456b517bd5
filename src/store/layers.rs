//! Applying layer definitions: tables follow them, and the applied version is what every node serves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};
use sqlx::PgConnection;

use super::feed::{self, Author, Position};
use super::{Store, Tx, layer_sql};
use crate::layers::{Attribute, Catalog, CodeList, LayerDef, Source};
use crate::{Error, Result};

/// How far [`Store::apply`] may go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Hide attributes and layers that are no longer defined. Their data stays.
    pub allow_drop: bool,
    /// With `allow_drop`: remove their data for good.
    pub purge: bool,
    /// Tell what would be done and do nothing.
    pub dry_run: bool,
}

/// What [`Store::apply`] did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Applied {
    /// Revision in which it was done; none if nothing had to be.
    pub position: Option<Position>,
    /// Layer id and what was done to it, in order.
    pub actions: Vec<(String, String)>,
    /// Layers that were left as they are, and why.
    pub left: Vec<(String, String)>,
}

impl Store {
    /// Makes the tables follow `wanted` and records it as a new version, in one transaction with its feed record.
    /// Runs as the owner. Additive changes are made at once; destructive ones only as `options` allow, else nothing
    /// at all is changed and the error lists them; a change of type or geometry is refused.
    pub async fn apply(&self, wanted: &Catalog, options: ApplyOptions, author: &Author) -> Result<Applied> {
        let mut tx = self.begin().await?;
        sqlx::query("set local role dothi_owner").execute(&mut *tx).await?;
        // Two nodes that start at once apply one after the other.
        sqlx::query!("select pg_advisory_xact_lock(7205, 2)").execute(&mut *tx).await?;
        let present = catalog_on(&mut tx).await?;
        let mut plan = Plan::default();
        for def in wanted.layers.values() {
            plan_layer(&mut tx, present.layer(&def.id).map(Arc::as_ref), def, options, &mut plan).await?;
        }
        for (id, def) in present.layers.iter().filter(|(id, _)| !wanted.layers.contains_key(*id)) {
            plan_withdrawal(id, def, options, &mut plan)?;
        }
        for (id, list) in &wanted.code_lists {
            if present.code_lists.get(id).map(Arc::as_ref) != Some(list.as_ref()) {
                plan.lists.push(list.clone());
                plan.note("*", format!("code list {id}"));
            }
        }
        if !plan.refused.is_empty() {
            return Err(Error::Setup(plan.refused.join("\n")));
        }
        let mut applied = Applied { position: None, actions: plan.actions.clone(), left: plan.left.clone() };
        if options.dry_run || plan.is_empty() {
            return Ok(applied);
        }
        applied.position = Some(execute(&mut tx, plan, author).await?);
        tx.commit().await?;
        Ok(applied)
    }

    /// The applied version of all layers and code lists.
    pub async fn catalog(&self) -> Result<Catalog> {
        let mut connection = self.pool.acquire().await?;
        catalog_on(&mut connection).await
    }

    /// How many items each layer of `catalog` has, by id.
    pub async fn count_items(&self, catalog: &Catalog) -> Result<BTreeMap<String, i64>> {
        let mut counts = BTreeMap::new();
        for (id, def) in &catalog.layers {
            let sql = format!("select count(*) from {}", layer_sql::table(def)?);
            counts.insert(id.clone(), sqlx::query_scalar(&sql).fetch_one(&self.pool).await?);
        }
        Ok(counts)
    }
}

/// As [`Store::catalog`], on the caller's connection (and in its snapshot).
pub(in crate::store) async fn catalog_on(db: &mut PgConnection) -> Result<Catalog> {
    let mut catalog = Catalog::default();
    let layers = sqlx::query!(
        r#"select distinct on (layer) layer, definition from dothi.layer_definition order by layer, version desc"#
    )
    .fetch_all(&mut *db)
    .await?;
    for row in layers {
        if let Some(definition) = row.definition {
            catalog.layers.insert(row.layer.clone(), Arc::new(stored(definition, "layer", &row.layer)?));
        }
    }
    let lists =
        sqlx::query!("select distinct on (id) id, definition from dothi.code_list order by id, version desc")
            .fetch_all(&mut *db)
            .await?;
    for row in lists {
        catalog.code_lists.insert(row.id.clone(), Arc::new(stored(row.definition, "code list", &row.id)?));
    }
    Ok(catalog)
}

fn stored<T: DeserializeOwned>(json: serde_json::Value, what: &str, id: &str) -> Result<T> {
    serde_json::from_value(json).map_err(|e| Error::internal(format!("stored definition of {what} {id}"), e))
}

/// What is to be done, in order.
#[derive(Default)]
struct Plan {
    statements: Vec<String>,
    definitions: Vec<Arc<LayerDef>>,
    withdrawn: Vec<String>,
    lists: Vec<Arc<CodeList>>,
    actions: Vec<(String, String)>,
    left: Vec<(String, String)>,
    refused: Vec<String>,
}

impl Plan {
    fn note(&mut self, layer: &str, action: String) {
        self.actions.push((layer.to_owned(), action));
    }

    fn is_empty(&self) -> bool {
        self.definitions.is_empty() && self.withdrawn.is_empty() && self.lists.is_empty()
    }
}

async fn plan_layer(
    db: &mut PgConnection,
    old: Option<&LayerDef>,
    def: &Arc<LayerDef>,
    options: ApplyOptions,
    plan: &mut Plan,
) -> Result<()> {
    if old == Some(def.as_ref()) {
        return Ok(());
    }
    let columns = columns_of(db, &def.id).await?;
    if def.source == Source::View {
        if columns.is_empty() {
            plan.left.push((def.id.clone(), "its view is not there yet".to_owned()));
            return Ok(());
        }
        check_view(def, &columns, plan);
    } else if columns.is_empty() {
        plan.statements.extend(layer_sql::create(def)?);
        plan.note(&def.id, "new table".to_owned());
    } else {
        plan_columns(old, def, &columns, options, plan)?;
    }
    plan.note(&def.id, if old.is_none() { "new definition" } else { "changed definition" }.to_owned());
    plan.definitions.push(def.clone());
    Ok(())
}

/// The view's columns are as the definition says.
fn check_view(def: &LayerDef, columns: &BTreeMap<String, Column>, plan: &mut Plan) {
    for a in &def.attributes {
        let wanted = layer_sql::sql_type(a.kind);
        match columns.get(&a.name) {
            Some(c) if c.kind == wanted => {}
            Some(c) => {
                plan.refused.push(format!("{}.{}: the view gives {}, not {wanted}", def.id, a.name, c.kind));
            }
            None => plan.refused.push(format!("{}.{}: the view has no such column", def.id, a.name)),
        }
    }
}

fn plan_columns(
    old: Option<&LayerDef>,
    def: &LayerDef,
    columns: &BTreeMap<String, Column>,
    options: ApplyOptions,
    plan: &mut Plan,
) -> Result<()> {
    let geometry = layer_sql::geometry_type(def).replace(' ', "");
    if let Some(c) = columns.get("geom").filter(|c| c.kind != geometry) {
        plan.refused.push(format!("{}: the geometry cannot change from {} to {geometry}", def.id, c.kind));
    }
    for a in &def.attributes {
        plan_attribute(old, def, a, columns.get(&a.name), plan)?;
    }
    let kept: BTreeSet<&str> = def.attributes.iter().map(|a| a.name.as_str()).collect();
    for a in old.map_or(&[][..], |o| &o.attributes).iter().filter(|a| !kept.contains(a.name.as_str())) {
        drop_attribute(def, a, options, plan)?;
    }
    if old.is_none_or(|o| o.key != def.key) {
        plan.statements.extend(layer_sql::key_index(def)?);
    }
    Ok(())
}

fn plan_attribute(
    old: Option<&LayerDef>,
    def: &LayerDef,
    a: &Attribute,
    column: Option<&Column>,
    plan: &mut Plan,
) -> Result<()> {
    let Some(column) = column else {
        plan.statements.extend(layer_sql::add_column(def, a)?);
        if a.required {
            plan.statements.push(layer_sql::set_required(def, &a.name, true)?);
        }
        plan.note(&def.id, format!("new attribute {}", a.name));
        return Ok(());
    };
    let wanted = layer_sql::sql_type(a.kind);
    if column.kind != wanted {
        plan.refused
            .push(format!("{}.{}: the type cannot change from {} to {wanted}", def.id, a.name, column.kind));
        return Ok(());
    }
    if column.required != a.required {
        plan.statements.push(layer_sql::set_required(def, &a.name, a.required)?);
    }
    let before = old.and_then(|o| o.attribute(&a.name)).map(|b| (b.min, b.max));
    if before != Some((a.min, a.max)) {
        plan.statements.extend(layer_sql::range_constraint(def, a)?);
    }
    Ok(())
}

/// A dropped attribute is hidden: its column stays, and takes no value from now on.
fn drop_attribute(def: &LayerDef, a: &Attribute, options: ApplyOptions, plan: &mut Plan) -> Result<()> {
    if !options.allow_drop {
        plan.refused.push(format!("{}.{}: hiding an attribute needs --allow-drop", def.id, a.name));
    } else if options.purge {
        plan.statements.extend(layer_sql::purge_column(def, &a.name)?);
        plan.note(&def.id, format!("removed attribute {} and its data", a.name));
    } else {
        plan.statements.push(layer_sql::set_required(def, &a.name, false)?);
        plan.note(&def.id, format!("hidden attribute {}", a.name));
    }
    Ok(())
}

fn plan_withdrawal(id: &str, def: &LayerDef, options: ApplyOptions, plan: &mut Plan) -> Result<()> {
    if !options.allow_drop {
        plan.left.push((id.to_owned(), "no longer defined; --allow-drop hides it".to_owned()));
        return Ok(());
    }
    if options.purge {
        plan.statements.extend(layer_sql::purge_layer(def)?);
    }
    plan.withdrawn.push(id.to_owned());
    plan.note(id, if options.purge { "removed with its data" } else { "hidden" }.to_owned());
    Ok(())
}

async fn execute(tx: &mut Tx, plan: Plan, author: &Author) -> Result<Position> {
    for statement in &plan.statements {
        sqlx::raw_sql(statement).execute(&mut **tx).await.map_err(|e| match e.as_database_error() {
            // Rows that break a new rule are the layer file's concern, with the database's own words for where.
            Some(d) if d.code().is_some_and(|c| c.starts_with("23")) => {
                Error::Setup(format!("{statement}: {}", d.message()))
            }
            _ => Error::from(e),
        })?;
    }
    if !plan.statements.is_empty() {
        sqlx::query!("select dothi.ensure_history_partitions()").fetch_one(&mut **tx).await?;
    }
    let revision = feed::bump(tx, author).await?;
    let number = revision.position.revision;
    for def in &plan.definitions {
        let json = serde_json::to_value(def.as_ref()).map_err(|e| Error::internal("layer definition", e))?;
        insert_definition(tx, &def.id, number, Some(json)).await?;
        feed::catalog_change(tx, &revision, &def.id).await?;
    }
    for id in &plan.withdrawn {
        insert_definition(tx, id, number, None).await?;
        feed::catalog_change(tx, &revision, id).await?;
    }
    for list in &plan.lists {
        let json = serde_json::to_value(list.as_ref()).map_err(|e| Error::internal("code list", e))?;
        sqlx::query!(
            "insert into dothi.code_list (id, version, revision, definition)
             select $1, coalesce(max(version), 0) + 1, $2, $3 from dothi.code_list where id = $1",
            list.id,
            number,
            json
        )
        .execute(&mut **tx)
        .await?;
    }
    if !plan.lists.is_empty() {
        feed::catalog_change(tx, &revision, "*").await?;
    }
    Ok(revision.position)
}

async fn insert_definition(
    tx: &mut Tx,
    id: &str,
    revision: i64,
    json: Option<serde_json::Value>,
) -> Result<()> {
    sqlx::query!(
        "insert into dothi.layer_definition (layer, version, revision, definition)
         select $1, coalesce(max(version), 0) + 1, $2, $3 from dothi.layer_definition where layer = $1",
        id,
        revision,
        json
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A column as it stands.
struct Column {
    /// `format_type`, without blanks in a geometry's.
    kind: String,
    required: bool,
}

/// Columns of `layer.<id>` by name; none: there is no such table or view.
async fn columns_of(db: &mut PgConnection, id: &str) -> Result<BTreeMap<String, Column>> {
    let rows = sqlx::query!(
        r#"select a.attname::text as "name!", format_type(a.atttypid, a.atttypmod) as "kind!", a.attnotnull as "required!"
           from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
           where n.nspname = 'layer' and c.relname = $1 and a.attnum > 0 and not a.attisdropped"#,
        id
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|r| (r.name, Column { kind: r.kind, required: r.required })).collect())
}
