"""Which figures moved since the last release, and why: what a data officer shows when a number is challenged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# A figure as both releases have it. Suppliers are added up within an area: their rows have one unit.
_FIGURES = """
    select 'record_counts' as "table", dataset, null as indicator_id, category_code, unit_counted, boundary_set,
        area_code, period_type, period_start, cast(sum(count) as double) as value, null::double as denominator
    from {db}.record_counts group by all
    union all
    select 'indicator_values', null, indicator_id, null, null, boundary_set, area_code, period_type, period_start,
        value, denominator
    from {db}.indicator_values
"""

_MOVED = """
    with new_figures as ({new}), old_figures as ({old}),
    moved as (
        select coalesce(n."table", o."table") as "table", coalesce(n.dataset, o.dataset) as dataset,
            coalesce(n.indicator_id, o.indicator_id) as indicator_id,
            coalesce(n.category_code, o.category_code) as category_code,
            coalesce(n.boundary_set, o.boundary_set) as boundary_set, coalesce(n.area_code, o.area_code) as area_code,
            coalesce(n.period_type, o.period_type) as period_type,
            coalesce(n.period_start, o.period_start) as period_start,
            o.value as old_value, n.value as new_value,
            o."table" is null as is_new, n.denominator is distinct from o.denominator as has_other_denominator
        from new_figures n
        full outer join old_figures o
            on n."table" = o."table" and n.boundary_set = o.boundary_set and n.area_code = o.area_code
            and n.period_type = o.period_type and n.period_start = o.period_start
            and n.dataset is not distinct from o.dataset and n.indicator_id is not distinct from o.indicator_id
            and n.category_code is not distinct from o.category_code
            and n.unit_counted is not distinct from o.unit_counted
        where n.value is distinct from o.value and not (o."table" is null and coalesce(n.value, 0) = 0)
    ),
    -- The returns behind a figure that differ from those of the last release, and how.
    returned as (
        select coalesce(n.dataset, o.dataset) as dataset, coalesce(n.period_start, o.period_start) as month,
            coalesce(n.delivery_id, o.delivery_id) as delivery_id,
            case
                when o.delivery_id is null then 'late_return'
                when n.delivery_id is distinct from o.delivery_id then 'revision'
                else 'code_map'
            end as reason
        from new_inputs n
        full outer join old_inputs o using (feed, supplier, period_start)
        where n.delivery_id is distinct from o.delivery_id or n.fingerprint is distinct from o.fingerprint
    ),
    caused as (
        select moved.*,
            (select arg_min(struct_pack(r := returned.reason, d := returned.delivery_id), returned.month)
             from returned join {db}.periods p
                on p.period_type = moved.period_type and p.period_start = moved.period_start
                and returned.month between p.period_start and p.period_end
             where returned.dataset = coalesce(moved.dataset, i.numerator_dataset)) as cause
        from moved
        left join (select distinct indicator_id, numerator_dataset from {db}.indicators) i using (indicator_id)
    )
    select $release_id as release_id, "table", dataset, indicator_id, category_code, boundary_set, area_code,
        period_type, period_start, old_value, new_value,
        case
            when is_new and boundary_set not in (select boundary_set from {old_db}.areas) then 'boundary'
            when is_new and not exists (
                select 1 from {old_db}.record_counts c
                where c.period_type = caused.period_type and c.period_start = caused.period_start
                and c.dataset = coalesce(caused.dataset, c.dataset)
            ) then 'new_period'
            when cause is not null then cause.r
            when has_other_denominator then 'denominator'
            when is_new then 'definition'
            else 'boundary'
        end as reason,
        cause.d as delivery_id
    from caused
    order by "table", dataset, indicator_id, boundary_set, period_type, period_start, area_code, category_code
"""


def create_changes(
    connection: DuckDBPyConnection, columns: dict[str, str], new: str, old: str | None, release_id: str
) -> None:
    """Create the table `changes` in the connection's main database.

    Args:
        connection: has the databases attached, and as tables `new_inputs` and `old_inputs` (feed, dataset, supplier,
            period_start, delivery_id, fingerprint).
        columns: column to type of the table `changes`.
        new: name of the database to publish.
        old: name of the last release's database; None before the first release, when nothing can have moved.
        release_id: the release being made.
    """
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(f"create table changes ({declared})")
    if old is None:
        return
    sql = _MOVED.format(new=_FIGURES.format(db=new), old=_FIGURES.format(db=old), db=new, old_db=old)
    connection.execute(f"insert into changes {sql}", {"release_id": release_id})
