{{ config(materialized='view') }}
{{ event_records('crime', 'occurred', category='category_code', outcome='outcome_code') }}
union all
{{ event_records('abandoned_vehicle', 'occurred', category='category_code') }}
