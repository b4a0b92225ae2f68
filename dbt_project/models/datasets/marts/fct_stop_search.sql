{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('stop_search') }}"
) }}
{{ dataset_fact(
    'stop_search',
    own=[
        'age_band',
        'sex_code',
        'ethnicity_code',
        'officer_ethnicity_code',
        'power_code',
        'object_code',
        'outcome_code',
        'outcome_linked',
        'clothing_removed'
    ],
    clock='occurred',
    category='category_code',
    source_id='source_id'
) }}
