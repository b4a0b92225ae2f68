-- The figures of the returns this build replaces, of whichever observation dataset, as they are now current.
select
    harmonised.dataset,
    harmonised.partner,
    harmonised.supplier,
    harmonised.measure,
    harmonised.category_code,
    harmonised.breakdown,
    harmonised.boundary_set,
    harmonised.area_code,
    harmonised.period_type,
    harmonised.period_start,
    harmonised.value,
    harmonised.symbol,
    harmonised.vintage,
    returned.revision
from {{ source('harmonised', 'observation') }} as harmonised
inner join {{ source('snapshot', 'current_returns') }} as returned
    on
        harmonised._delivery_id = returned.delivery_id
        and harmonised.supplier = returned.supplier
        and harmonised.period_start = returned.period_start
        and harmonised.dataset = returned.dataset
inner join {{ source('snapshot', 'changed_returns') }} as changed
    on
        returned.partner = changed.partner
        and returned.dataset = changed.dataset
        and returned.supplier = changed.supplier
        and returned.period_start = changed.period_start
