{#- Deletes every changed return, of one dataset or of all, so that the model inserts what is current now, if anything. -#}
{% macro delete_changed_returns(dataset=none) %}
{% if is_incremental() %}
delete from {{ this }} as held
using {{ source('snapshot', 'changed_returns') }} as changed
where
    changed.dataset = {{ "'" ~ dataset ~ "'" if dataset else 'held.dataset' }}
    and changed.partner = held.partner
    and changed.supplier = held.supplier
    and changed.period_start = held.period_start
{% else %}
select 1
{% endif %}
{% endmacro %}

{#- Deletes the counts that this build makes again, and those of boundary sets that are no longer loaded. -#}
{% macro delete_recounted() %}
{% if is_incremental() %}
delete from {{ this }} as held
where
    exists (
        select 1 from {{ source('snapshot', 'recount') }} as again
        where
            again.dataset = held.dataset
            and again.boundary_set = held.boundary_set
            and again.month = date_trunc('month', held.period_start)
    )
    or held.boundary_set not in (select areas.boundary_set from {{ source('snapshot', 'areas') }} as areas)
{% else %}
select 1
{% endif %}
{% endmacro %}

{#- Deletes the converted figures that this build makes again. -#}
{% macro delete_reconverted() %}
{% if is_incremental() %}
delete from {{ this }} as held
using {{ source('snapshot', 'reconvert') }} as again
where
    again.dataset = held.dataset
    and again.partner = held.partner
    and again.period_start = held.period_start
{% else %}
select 1
{% endif %}
{% endmacro %}
