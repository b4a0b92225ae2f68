-- Records counted by area for every month and set to be counted again. A record with no place is `unplaced`.
select
    records.dataset,
    records.partner,
    records.supplier,
    records.category_code,
    records.unit_counted,
    again.boundary_set,
    again.month,
    case when records.place_id is null then 'unplaced' else coalesce(assigned.area_code, 'outside') end as area_code,
    count(*) as record_count
from {{ ref('records') }} as records
inner join {{ source('snapshot', 'recount') }} as again
    on
        records.dataset = again.dataset
        and cast(date_trunc('month', records.occurred_from) as date) = again.month
left join {{ source('snapshot', 'place_areas') }} as assigned
    on
        records.place_id = assigned.place_id
        and again.boundary_set = assigned.boundary_set
group by all
