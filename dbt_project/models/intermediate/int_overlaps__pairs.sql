-- Records of two agencies that may tell of one event, paired one to one: the nearest in time first, then the nearest in
-- place. In each round those pairs are taken in which each record is the nearest that the other has left, and all pairs
-- that would use either again are dropped. As the order is total, that is what taking pair by pair in that order makes.
-- The distance of two squares is that of their middles, less half a side of each.
with recursive
candidates as (
    select
        a.agreement,
        a.record_id as record_a,
        b.record_id as record_b,
        row_number() over (
            partition by a.agreement
            order by
                greatest(
                    date_diff('second', b.occurred_to, a.occurred_from),
                    date_diff('second', a.occurred_to, b.occurred_from),
                    0
                ),
                power(a.easting - b.easting, 2) + power(a.northing - b.northing, 2),
                a.record_id,
                b.record_id
        ) as place_in_order
    from {{ ref('int_overlaps__sides') }} as a
    inner join {{ ref('int_overlaps__sides') }} as b
        on
            a.agreement = b.agreement
            and a.side = 'a'
            and b.side = 'b'
            and a.occurred_from <= b.occurred_to + to_seconds(a.within_hours * 3600)
            and b.occurred_from <= a.occurred_to + to_seconds(a.within_hours * 3600)
    where
        sqrt(power(a.easting - b.easting, 2) + power(a.northing - b.northing, 2))
        <= a.within_m + (a.square_m + b.square_m) / 2
),

rounds as (
    select
        agreement,
        record_a,
        record_b,
        place_in_order,
        false as is_taken
    from candidates
    union all
    select
        agreement,
        record_a,
        record_b,
        place_in_order,
        is_nearest as is_taken
    from (
        select
            nearest.*,
            bool_or(is_nearest) over (partition by agreement, record_a) as is_a_used,
            bool_or(is_nearest) over (partition by agreement, record_b) as is_b_used
        from (
            select
                rounds.*,
                place_in_order = min(place_in_order) over (partition by agreement, record_a)
                and place_in_order = min(place_in_order) over (partition by agreement, record_b) as is_nearest
            from rounds
            where not is_taken
        ) as nearest
    ) as told
    where is_nearest or not (is_a_used or is_b_used)
)

select distinct
    agreement,
    record_a,
    record_b
from rounds
where is_taken
