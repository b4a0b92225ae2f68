"""Which figures moved between two releases, and why: what a data officer shows when a number is challenged.

A figure's reason is told by the returns behind it that the two releases were not made of alike. A count is looked at
supplier by supplier, so that one supplier's revision is not told of another's figure, and added up only then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Whether a value is another one. Spreadsheets write 15 significant digits, .ods 17: what agrees in 12 has not moved.
_MACRO = """
    create temporary macro has_moved(a, b) as
        a is distinct from b and coalesce(abs(a - b) > 1e-12 * greatest(abs(a), abs(b)), true)
"""

# Tables that are divided by period: the parts that are the same in both releases are not looked at.
_DIVIDED = ("record_counts", "indicator_values")

# What happened to the returns: of several for one reason, the earliest period's is told. A return that was not there
# before is of a new period where the old release had no figures of it: no counts of its month, no figures of the
# supplier so early or so late.
_RETURNS = """
    counted_before as (
        from {old}.record_counts select distinct dataset, period_type, period_start
    ),
    supplied_before as (
        from {old}.observations
        select dataset, partner, supplier, min(period_start) as first_start, max(period_start) as last_start
        group by all
    ),
    told as (
        select r.partner, r.dataset, r.supplier, r.period_start, r.months,
            struct_pack(
                period_start := r.period_start, partner := r.partner, supplier := r.supplier,
                reason := case
                    when r.reason = 'late_return' and c.dataset is null and s.dataset is null then 'new_period'
                    else r.reason
                end,
                delivery_id := r.delivery_id
            ) as cause
        from returned r
        left join counted_before c
            on r.dataset = c.dataset and c.period_type = 'month'
            and c.period_start = date_trunc('month', r.period_start)
        left join supplied_before s
            on r.dataset = s.dataset and r.partner = s.partner and r.supplier = s.supplier
            and r.period_start between s.first_start and s.last_start
    ),
    happened as (
        from (from told select partner, dataset, supplier, unnest(months) as month, cause)
        select partner, dataset, supplier, month, min(cause) as cause
        group by all
    )
"""

# What else may move a figure: areas drawn anew, lookups made anew, indicators defined anew.
_DEFINITIONS = """
    redrawn as (
        select distinct boundary_set from (
            (from {new}.areas select boundary_set, area_code, parent_code, hash(geometry)
             except from {old}.areas select boundary_set, area_code, parent_code, hash(geometry))
            union all
            (from {old}.areas select boundary_set, area_code, parent_code, hash(geometry)
             except from {new}.areas select boundary_set, area_code, parent_code, hash(geometry))
        )
    ),
    led_anew as (
        select distinct to_set as boundary_set from (
            (from {new_lookup} except from {old_lookup}) union all (from {old_lookup} except from {new_lookup})
        )
    ),
    defined as (
        from {new}.indicators
        select indicator_id, version, scale, numerator_dataset, unit_counted, categories, denominator_dataset,
            denominator_measure, 'new' as side
        union all
        from {old}.indicators
        select indicator_id, version, scale, numerator_dataset, unit_counted, categories, denominator_dataset,
            denominator_measure, 'old'
    ),
    redefined as (
        select distinct indicator_id
        from (from defined select * exclude (side), count(*) as sides group by all)
        where sides = 1
    )
"""

# Counts of each supplier, and the figures they add up to: suppliers of one unit within an area are added up. What moved
# a figure is what moved the counts of its months: of several reasons that by which it moved the most.
_MOST = "struct_pack(least := -abs(moved_by), cause := cause)"
_COUNTS = """
    supplied as (
        select coalesce(n.dataset, o.dataset) as dataset, coalesce(n.partner, o.partner) as partner,
            coalesce(n.supplier, o.supplier) as supplier, coalesce(n.category_code, o.category_code) as category_code,
            coalesce(n.unit_counted, o.unit_counted) as unit_counted,
            coalesce(n.boundary_set, o.boundary_set) as boundary_set, coalesce(n.area_code, o.area_code) as area_code,
            coalesce(n.period_type, o.period_type) as period_type,
            coalesce(n.period_start, o.period_start) as period_start,
            o.count as old_count, n.count as new_count, o.dataset is not null as was_there
        from (from {new}.record_counts semi join counts_compared using (period_type, period_start)) n
        full outer join (from {old}.record_counts semi join counts_compared using (period_type, period_start)) o
            on n.dataset = o.dataset and n.boundary_set = o.boundary_set and n.area_code = o.area_code
            and n.period_type = o.period_type and n.period_start = o.period_start
            and n.category_code is not distinct from o.category_code
            and n.unit_counted is not distinct from o.unit_counted
            and n.partner is not distinct from o.partner and n.supplier is not distinct from o.supplier
    ),
    months as (
        select distinct m.period_start as month, p.period_type, p.period_start
        from (
            from {new}.periods select period_type, period_start, period_end
            union
            from {old}.periods select period_type, period_start, period_end
        ) p
        join counts_compared m on m.period_type = 'month' and m.period_start between p.period_start and p.period_end
        where p.period_type in (from counts_compared select period_type)
    ),
    movers as (
        select s.dataset, s.category_code, s.unit_counted, s.boundary_set, s.area_code, m.period_type, m.period_start,
            h.cause.reason as reason, min(h.cause) as cause,
            sum(coalesce(s.new_count, 0) - coalesce(s.old_count, 0)) as moved_by
        from supplied s
        join months m on s.period_start = m.month
        left join happened h
            on s.partner = h.partner and s.dataset = h.dataset and s.supplier = h.supplier and m.month = h.month
        where s.period_type = 'month' and s.new_count is distinct from s.old_count
        group by all
    ),
    added as (
        select dataset, category_code, unit_counted, boundary_set, area_code, period_type, period_start,
            cast(sum(old_count) as double) as old_value, cast(sum(new_count) as double) as new_value,
            not bool_or(was_there) as is_new
        from supplied
        group by all
        having has_moved(old_value, new_value) and not (is_new and coalesce(new_value, 0) = 0)
    ),
    counted as (
        select 'record_counts' as "table", a.*, m.cause
        from added a
        left join (
            from movers select * exclude (reason, cause, moved_by), min({most}).cause as cause group by all
        ) m
            on a.dataset = m.dataset and a.boundary_set = m.boundary_set and a.area_code = m.area_code
            and a.period_type = m.period_type and a.period_start = m.period_start
            and a.category_code is not distinct from m.category_code
            and a.unit_counted is not distinct from m.unit_counted
    )
"""

# A value moves with its numerator, for which the suppliers counted by it are asked, or with its denominator.
_INDICATORS = """
    numerators as (
        select indicator_id, boundary_set, area_code, period_type, period_start, min({most}).cause as cause
        from (
            select i.indicator_id, m.boundary_set, m.area_code, m.period_type, m.period_start, m.reason,
                min(m.cause) as cause, sum(m.moved_by) as moved_by
            from movers m
            join (from defined select distinct indicator_id, numerator_dataset, unit_counted, categories) i
                on m.dataset = i.numerator_dataset and m.unit_counted = i.unit_counted
                and list_contains(string_split(i.categories, ','), m.category_code)
            group by all
        )
        group by all
    ),
    denominators as (
        from told select dataset, year(period_start) as of_year, min(cause) as cause group by all
    ),
    rated as (
        select 'indicator_values' as "table", coalesce(n.indicator_id, o.indicator_id) as indicator_id,
            coalesce(n.boundary_set, o.boundary_set) as boundary_set, coalesce(n.area_code, o.area_code) as area_code,
            coalesce(n.period_type, o.period_type) as period_type,
            coalesce(n.period_start, o.period_start) as period_start,
            coalesce(n.breakdown_type || '=' || n.breakdown_code, o.breakdown_type || '=' || o.breakdown_code)
                as breakdown,
            o.value as old_value, n.value as new_value, o.indicator_id is null as is_new,
            coalesce(n.denominator_year, o.denominator_year) as of_year,
            n.numerator is distinct from o.numerator as has_other_numerator,
            n.denominator is distinct from o.denominator as has_other_denominator
        from (from {new}.indicator_values semi join values_compared using (period_type, period_start)) n
        full outer join (from {old}.indicator_values semi join values_compared using (period_type, period_start)) o
            on n.indicator_id = o.indicator_id and n.boundary_set = o.boundary_set and n.area_code = o.area_code
            and n.period_type = o.period_type and n.period_start = o.period_start
            and n.breakdown_type is not distinct from o.breakdown_type
            and n.breakdown_code is not distinct from o.breakdown_code
        where has_moved(o.value, n.value) and not (o.indicator_id is null and coalesce(n.value, 0) = 0)
    ),
    judged as (
        select rated.* exclude (of_year), i.numerator_dataset,
            if(rated.has_other_numerator, m.cause, null) as cause, d.cause as denominator_cause,
            rated.indicator_id in (from redefined) as is_redefined,
            rated.indicator_id not in (from {old}.indicators select indicator_id) as is_newly_defined
        from rated
        left join (
            select indicator_id, min(numerator_dataset) as numerator_dataset,
                max_by(denominator_dataset, side = 'new') as denominator_dataset
            from defined group by indicator_id
        ) i using (indicator_id)
        left join numerators m using (indicator_id, boundary_set, area_code, period_type, period_start)
        left join denominators d on i.denominator_dataset = d.dataset and rated.of_year = d.of_year
    )
"""

# Figures an agency supplies: those of two partners, or of two suppliers, are two figures. A converted one is one figure
# whichever suppliers it is made of; where it names none, any of the partner's returns may have moved it.
_OBSERVATIONS = """
    observed as (
        select 'observations' as "table", coalesce(n.dataset, o.dataset) as dataset,
            coalesce(n.partner, o.partner) as partner, coalesce(n.supplier, o.supplier) as supplier,
            coalesce(n.measure, o.measure) as measure, coalesce(n.category_code, o.category_code) as category_code,
            coalesce(n.breakdown, o.breakdown) as breakdown, coalesce(n.boundary_set, o.boundary_set) as boundary_set,
            coalesce(n.area_code, o.area_code) as area_code, coalesce(n.period_type, o.period_type) as period_type,
            coalesce(n.period_start, o.period_start) as period_start,
            o.value as old_value, n.value as new_value, t.cause as cause
        from {new}.observations n
        full outer join {old_observations} o
            on n.dataset = o.dataset and n.partner = o.partner and n.measure = o.measure
            and (n.supplier = o.supplier or (n.area_method is not null and o.area_method is not null))
            and n.area_code = o.area_code and n.period_type = o.period_type and n.period_start = o.period_start
            and n.category_code is not distinct from o.category_code
            and n.breakdown is not distinct from o.breakdown and n.boundary_set is not distinct from o.boundary_set
        left join (
            from told select dataset, partner, supplier, period_start, cause
            union all
            from told select dataset, partner, null, period_start, min(cause) group by all
        ) t
            on coalesce(n.dataset, o.dataset) = t.dataset and coalesce(n.partner, o.partner) = t.partner
            and if(n.supplier is distinct from o.supplier and n.dataset is not null and o.dataset is not null,
                null, coalesce(n.supplier, o.supplier)) is not distinct from t.supplier
            and coalesce(n.period_start, o.period_start) = t.period_start
        where has_moved(o.value, n.value)
    )
"""

_REASONS = """
    moved as (
        from counted select *, dataset as counted_dataset
        union all by name from judged select *, numerator_dataset as counted_dataset
        union all by name from observed
    ),
    reasoned as (
        select moved.*,
            case
                when is_new and boundary_set not in (from {old}.areas select boundary_set) then 'boundary'
                when is_new and is_newly_defined then 'definition'
                when is_new and (counted_dataset, period_type, period_start) not in (from counted_before)
                    then 'new_period'
                when cause is not null then cause.reason
                when is_redefined then 'definition'
                when has_other_denominator and denominator_cause is null and boundary_set in (from led_anew)
                    then 'boundary'
                when has_other_denominator then 'denominator'
                when "table" <> 'observations' and boundary_set in (from redrawn) then 'boundary'
                when boundary_set in (from led_anew) then 'boundary'
                else 'definition'
            end as reason
        from moved
    )
    select $release_id as release_id, "table", dataset, partner, supplier, indicator_id, measure, category_code,
        breakdown, unit_counted, boundary_set, area_code, period_type, period_start, old_value, new_value, reason,
        case
            when reason = 'denominator' then denominator_cause.delivery_id
            when reason not in ('boundary', 'definition') then cause.delivery_id
        end as delivery_id
    from reasoned
    order by "table", dataset, partner, supplier, indicator_id, measure, boundary_set, period_type, period_start,
        area_code, category_code, breakdown, unit_counted
"""
_MOVED = f"with {_RETURNS}, {_DEFINITIONS}, {_COUNTS}, {_INDICATORS}, {_OBSERVATIONS}, {_REASONS}"


def create_changes(
    connection: DuckDBPyConnection,
    columns: dict[str, str],
    databases: tuple[str, str] | None,
    returned: Sequence[Mapping[str, Any]],
    compared: Sequence[tuple[str, str, str]],
    release_id: str,
) -> None:
    """Create the table `changes` in the connection's main database.

    Args:
        connection: has the databases attached.
        columns: column to type of the table `changes`.
        databases: names of the new and of the old release's database; None before the first release, when nothing can
            have moved.
        returned: the returns that differ, as `differing_returns` gives them.
        compared: table, period_type and period_start of the parts to look at, as `compared_parts` gives them.
        release_id: the new release.
    """
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(f"create table changes ({declared})")
    if databases is None:
        return
    _given(connection, returned, compared)
    connection.execute(_MACRO)
    sql = _MOVED.format(new=databases[0], old=databases[1], most=_MOST, **_converted(connection, *databases))
    connection.execute(f"insert into changes by name {sql}", {"release_id": release_id})


def _converted(connection: DuckDBPyConnection, new: str, old: str) -> dict[str, str]:
    """What tells of converted figures; a release made before there were any has no lookups and no `area_method`."""
    has_lookups = "select count(*) > 0 from duckdb_tables() where database_name = ? and table_name = 'area_lookup'"
    lookups = {}
    for side, name in (("new", new), ("old", old)):
        is_there = connection.execute(has_lookups, [name]).fetchone() == (True,)
        none = "(from (values ('', '', '', '', 0.0, '')) t (a, b, c, to_set, e, f) where false)"
        lookups[f"{side}_lookup"] = f"{name}.area_lookup" if is_there else none
    is_old = lookups["old_lookup"] != f"{old}.area_lookup"
    observations = f"(from {old}.observations select *, null as area_method)" if is_old else f"{old}.observations"
    return {**lookups, "old_observations": observations}


def _given(
    connection: DuckDBPyConnection, returned: Sequence[Mapping[str, Any]], compared: Sequence[tuple[str, str, str]]
) -> None:
    """Hand over what was worked out beside SQL, as temporary tables."""
    import polars as pl

    text = dict.fromkeys(("partner", "dataset", "supplier", "reason", "delivery_id"), pl.String())
    schema = {**text, "period_start": pl.Date(), "months": pl.List(pl.Date())}
    rows = pl.DataFrame([[row[name] for name in schema] for row in returned], schema=schema, orient="row")
    parts = pl.DataFrame(
        compared, schema=dict.fromkeys(("table", "period_type", "period_start"), pl.String()), orient="row"
    ).with_columns(pl.col("period_start").str.to_date())
    tables = {
        "returned": rows,
        "counts_compared": parts.filter(pl.col("table") == "record_counts"),
        "values_compared": parts.filter(pl.col("table") == "indicator_values"),
    }
    for name, table in tables.items():
        connection.register(f"{name}_given", table.to_arrow())
        connection.execute(f"create temporary table {name} as from {name}_given")
        connection.unregister(f"{name}_given")


def compared_parts(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The parts of divided tables that two releases do not have alike.

    Args:
        new: what the new release's manifest says of its tables: columns, and the folder and hash of each part.
        old: what the old one's says.

    Returns:
        Table, period_type, and period_start as text.
    """
    parts = []
    for name in _DIVIDED:
        after, before = ({part["folder"]: part["hash"] for part in side[name]["parts"]} for side in (new, old))
        same_columns = new[name]["columns"] == old[name]["columns"]
        for folder in sorted(after.keys() | before.keys()):
            if not same_columns or after.get(folder) != before.get(folder):
                values = dict(item.split("=", 1) for item in folder.split("/"))
                parts.append((name, values["period_type"], values["period_start"]))
    return parts
