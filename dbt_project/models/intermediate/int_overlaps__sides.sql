-- The records that an agreement lets be compared, each once for its side: of its feed and categories, with a place, and
-- dated to a day or better. A record that several returns hold counts as it stands in the last of them.
with held as (
    select
        agreements.agreement,
        sides.side,
        records.record_id,
        records.place_id,
        records.occurred_from,
        records.occurred_to,
        records.easting,
        records.northing,
        records.square_m,
        agreements.within_m,
        agreements.within_hours
    from {{ source('snapshot', 'agreements') }} as agreements
    inner join {{ source('snapshot', 'agreement_sides') }} as sides on agreements.agreement = sides.agreement
    inner join {{ ref('records') }} as records
        on
            sides.partner = records.partner
            and sides.dataset = records.dataset
            and sides.category_code = records.category_code
    where
        records.place_id is not null
        and records.occurred_to < records.occurred_from + interval 1 day
    qualify
        row_number() over (
            partition by agreements.agreement, sides.side, records.record_id
            order by records.period_start desc, records._delivery_id desc, records._row desc
        ) = 1
)

select * from held
