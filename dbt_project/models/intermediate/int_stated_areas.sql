{{ config(materialized='view') }}
-- Where a row with no place, whose sender names an area, is counted in each boundary set: there in that area's own set,
-- and in the area of another set that holds all of it, by a lookup or as its parent; else it is `unplaced`, of the
-- parent area where that is known and other areas of the set are parts of it too.
with areas as (
    select
        boundary_set,
        area_code,
        parent_code
    from {{ source('snapshot', 'areas') }}
),

sets as (
    select distinct boundary_set from areas
),

parents as (
    select distinct
        boundary_set,
        parent_code
    from areas
),

named as (
    select
        stated_set,
        stated_area
    from {{ ref('records') }}
    where place_id is null and stated_area is not null
    union
    select
        stated_set,
        stated_area
    from {{ ref('int_assets__rows') }}
    where place_id is null and stated_area is not null
    union
    select
        stated_set,
        stated_area
    from {{ ref('int_responses__rows') }}
    where place_id is null and stated_area is not null
),

lookups as (
    select
        from_set,
        from_code,
        to_set,
        to_code,
        is_exact
    from {{ ref('int_area_lookup__parts') }}
    where part_count = 1 and weight > 0
)

select
    named.stated_set,
    named.stated_area,
    sets.boundary_set,
    case
        when itself.area_code is not null then itself.area_code
        when held.area_code is not null then held.area_code
        when lookups.to_code = 'outside' then lookups.to_code
        when above.area_code is not null then above.area_code
        when whole.parent_code is not null then 'unplaced:' || whole.parent_code
        when part.parent_code is not null then 'unplaced:' || part.parent_code
        else 'unplaced'
    end as area_code,
    itself.area_code is null
    and (held.area_code is not null or lookups.to_code = 'outside')
    and not lookups.is_exact as is_estimated
from named
cross join sets
left join areas as own on named.stated_set = own.boundary_set and named.stated_area = own.area_code
left join areas as itself
    on
        sets.boundary_set = itself.boundary_set
        and named.stated_set = itself.boundary_set
        and named.stated_area = itself.area_code
left join lookups
    on
        named.stated_set = lookups.from_set
        and named.stated_area = lookups.from_code
        and sets.boundary_set = lookups.to_set
left join areas as held on sets.boundary_set = held.boundary_set and lookups.to_code = held.area_code
left join areas as above on sets.boundary_set = above.boundary_set and own.parent_code = above.area_code
left join parents as whole on sets.boundary_set = whole.boundary_set and named.stated_area = whole.parent_code
left join parents as part on sets.boundary_set = part.boundary_set and own.parent_code = part.parent_code
