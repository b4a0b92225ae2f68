{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('noise_complaint') }}"
) }}
{{ dataset_fact(
    'noise_complaint',
    own=['noise_source_code', 'outcome_code', 'complaint_text'],
    clock='occurred',
    category='category_code',
    source_id='source_id'
) }}
