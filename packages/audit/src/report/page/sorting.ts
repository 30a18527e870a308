/**
 * Tables of class `sortable`: their headings sort them, and long ones have a field that keeps the rows with a text in them. Runs in the
 * page: it names nothing outside itself.
 */
export function sorting(document: Document): void {
  const LONG = 12;
  const numberIn = (text: string): number => Number.parseFloat(text.replaceAll('−', '-').replace('+', ''));
  const textOf = (row: HTMLTableRowElement, column: number): string => row.cells[column]?.textContent.trim() ?? '';

  const sort = (table: HTMLTableElement, column: number, heading: Element): void => {
    const body = table.tBodies[0]!;
    const isFalling = heading.getAttribute('aria-sort') !== 'descending';
    for (const other of table.querySelectorAll('[aria-sort]')) other.removeAttribute('aria-sort');
    heading.setAttribute('aria-sort', isFalling ? 'descending' : 'ascending');
    const rows = [...body.rows].map((row) => ({ row, text: textOf(row, column), number: numberIn(textOf(row, column)) }));
    const isNumeric = rows.every(({ text, number }) => text === '' || !Number.isNaN(number));
    const order = isNumeric
      ? rows.toSorted((a, b) => (Number.isNaN(b.number) ? -1 : 0) - (Number.isNaN(a.number) ? -1 : 0) || b.number - a.number)
      : rows.toSorted((a, b) => b.text.localeCompare(a.text));
    body.append(...(isFalling ? order : order.toReversed()).map(({ row }) => row));
  };
  const filter = (table: HTMLTableElement, field: HTMLInputElement): void => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of table.tBodies[0]!.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  };

  for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable')) {
    for (const heading of table.querySelectorAll<HTMLTableCellElement>('thead th')) {
      const button = document.createElement('button');
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener('click', () => sort(table, heading.cellIndex, heading));
    }
    if (table.tBodies[0]!.rows.length <= LONG) continue;
    const field = document.createElement('input');
    field.type = 'search';
    field.placeholder = 'keep rows with …';
    field.setAttribute('aria-label', 'Keep rows with this text');
    field.addEventListener('input', () => filter(table, field));
    (table.closest('.scroll, .amounts') ?? table).before(field);
  }
}
