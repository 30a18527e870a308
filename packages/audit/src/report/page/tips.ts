/**
 * What a mark of a chart counts, shown where one points at it and where the arrow keys go. Marks are what holds a `<title>`: without
 * scripts the browser shows that. A mark that is clicked, or entered, tells so by a `pick` event. Charts that are drawn later say so by a
 * `drawn` event, and those that know what stands where by a `tell` event. Runs in the page: it names nothing outside itself.
 */
export function tips(document: Document): void {
  const NEAR = 24;
  const FEW = 300;
  const tip = document.createElement('div');
  tip.className = 'tip';
  tip.setAttribute('role', 'status');
  tip.hidden = true;
  document.body.append(tip);
  const texts = new WeakMap<Element, string>();
  let shown: Element | undefined;

  const hide = (): void => {
    shown?.classList.remove('pointed');
    shown = undefined;
    tip.hidden = true;
  };
  const show = (mark: Element, at?: { readonly clientX: number; readonly clientY: number }): void => {
    if (shown !== mark) {
      hide();
      shown = mark;
      mark.classList.add('pointed');
      tip.textContent = texts.get(mark) ?? '';
      tip.hidden = false;
    }
    const box = mark.getBoundingClientRect();
    if (at === undefined) put(box.left + box.width / 2, box.top);
    else put(at.clientX, at.clientY);
  };
  const put = (x: number, y: number): void => {
    const { width, height } = tip.getBoundingClientRect();
    const right = document.documentElement.clientWidth;
    tip.style.left = `${Math.max(4, Math.min(right - width - 4, x - width / 2))}px`;
    tip.style.top = `${y - height - 12 < 4 ? y + 18 : y - height - 12}px`;
  };
  const apart = (mark: Element, x: number, y: number): number => {
    const { left, right, top, bottom } = mark.getBoundingClientRect();
    return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
  };

  const adopt = (svg: Element): void => {
    const marks = [...svg.querySelectorAll('title')].flatMap((title) => {
      const mark = title.parentElement as Element | null;
      if (mark === null || mark === svg) return [];
      texts.set(mark, title.textContent);
      title.remove();
      return [mark];
    });
    if (marks.length === 0) return;
    svg.setAttribute('tabindex', '0');
    svg.setAttribute('role', 'application');
    svg.setAttribute('aria-roledescription', 'chart');
    svg.setAttribute('aria-label', `${svg.getAttribute('aria-label') ?? ''}. Arrow keys go from value to value.`);
    const markAt = (event: MouseEvent): Element | undefined => {
      let target = event.target as Element | null;
      while (target !== null && target !== svg && !texts.has(target)) target = target.parentElement;
      if (target !== null && target !== svg) return target;
      if (marks.length > FEW) return undefined;
      let [nearest, least] = [undefined as Element | undefined, NEAR];
      for (const mark of marks) {
        const distance = apart(mark, event.clientX, event.clientY);
        if (distance < least) [nearest, least] = [mark, distance];
      }
      return nearest;
    };
    const point = (event: MouseEvent): void => {
      const mark = markAt(event);
      if (mark === undefined) hide();
      else show(mark, event);
    };
    svg.addEventListener('pointermove', (event) => point(event as MouseEvent));
    svg.addEventListener('pointerdown', (event) => point(event as MouseEvent));
    svg.addEventListener('pointerleave', hide);
    svg.addEventListener('blur', hide);
    svg.addEventListener('click', (event) => markAt(event as MouseEvent)?.dispatchEvent(new CustomEvent('pick', { bubbles: true })));
    // A chart that is drawn again goes on from where it was.
    let place = Number((svg as SVGElement).dataset['place'] ?? -1);
    svg.addEventListener('keydown', (event) => {
      const { key } = event as KeyboardEvent;
      const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity }[key];
      if (key === 'Escape') hide();
      else if (key === 'Enter' && shown !== undefined) shown.dispatchEvent(new CustomEvent('pick', { bubbles: true }));
      else if (by !== undefined) {
        event.preventDefault();
        place = Math.max(0, Math.min(marks.length - 1, place + by));
        (svg as SVGElement).dataset['place'] = String(place);
        show(marks[place]!);
      }
    });
  };
  for (const svg of document.querySelectorAll('svg[role="img"]')) adopt(svg);
  document.addEventListener('tell', (event) => {
    const { detail } = event as CustomEvent<{ readonly text: string; readonly x: number; readonly y: number } | null>;
    hide();
    if (detail === null) return;
    tip.textContent = detail.text;
    tip.hidden = false;
    put(detail.x, detail.y);
  });
  document.addEventListener('drawn', ({ target }) => {
    hide();
    adopt(target as Element);
  });
}
