{#- The rows of a dataset's changed returns as they are now current: none where a return has gone or is empty. -#}
{% macro staged(dataset) %}
select
    harmonised.*,
    '{{ dataset }}' as dataset,
    returned.revision
from {{ source('harmonised', dataset) }} as harmonised
inner join {{ source('snapshot', 'current_returns') }} as returned
    on
        returned.delivery_id = harmonised._delivery_id
        and returned.supplier = harmonised.supplier
        and returned.period_start = harmonised.period_start
        and returned.dataset = '{{ dataset }}'
inner join {{ source('snapshot', 'changed_returns') }} as changed
    on
        changed.partner = returned.partner
        and changed.dataset = returned.dataset
        and changed.supplier = returned.supplier
        and changed.period_start = returned.period_start
{% endmacro %}
