{{ config(materialized='view') }}
{{ event_records('crime', 'occurred', category='category_code', outcome='outcome_code') }}
union all
{{ event_records('abandoned_vehicle', 'occurred', category='category_code') }}
union all
{{ event_records('crime_outcome', 'occurred', category='category_code') }}
