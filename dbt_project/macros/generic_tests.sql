{#- No two rows share a key; nulls count as equal. -#}
{% test unique_key(model, columns) %}
select {% for column in columns %}"{{ column }}"{{ ", " if not loop.last }}{% endfor %}
from {{ model }}
group by all
having count(*) > 1
{% endtest %}

{#- A column holds only these values, and is never null. -#}
{% test accepted(model, column, values) %}
select "{{ column }}"
from {{ model }}
where
    "{{ column }}" is null
    or "{{ column }}" not in ({% for value in values %}'{{ value }}'{{ ", " if not loop.last }}{% endfor %})
limit 100
{% endtest %}
