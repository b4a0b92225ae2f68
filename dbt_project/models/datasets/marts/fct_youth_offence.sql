{#- Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here. -#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_changed_returns('youth_offence') }}"
) }}
{{ dataset_fact(
    'youth_offence',
    own=[
        'person_ref',
        'committed_from',
        'committed_to',
        'offence_code',
        'seriousness_code',
        'age_band',
        'sex_code',
        'ethnicity_code'
    ],
    clock='occurred',
    category='category_code',
    source_id='source_id'
) }}
