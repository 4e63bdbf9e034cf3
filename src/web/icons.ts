/** Line drawings of 24 by 24, as the inside of an SVG. Inline, so that a page needs no further file. */
export const icons: Readonly<Record<string, string>> = {
  overview: '<path d="M4 13h6V4H4zM14 20h6v-9h-6zM4 20h6v-3H4zM14 7h6V4h-6z"/>',
  message: '<path d="M3.5 6h17v12h-17zM4 6.5l8 6.5 8-6.5"/>',
  customer: '<circle cx="12" cy="8" r="3.6"/><path d="M5 20c.6-3.9 3.4-6 7-6s6.4 2.1 7 6"/>',
  segment: '<circle cx="9" cy="12" r="5.5"/><circle cx="15" cy="12" r="5.5"/>',
  channel: '<path d="M4 12h4l2.5-6 3.5 12 2.5-6H20"/>',
  journey:
    '<circle cx="6" cy="18" r="2.2"/><circle cx="18" cy="6" r="2.2"/><path d="M8.2 18H14a3.5 3.5 0 0 0 0-7h-4a3.5 3.5 0 0 1 0-7h5.8"/>',
  send: '<path d="M3.5 6h17v12h-17zM4 6.5l8 6.5 8-6.5"/>',
  wait: '<circle cx="12" cy="12" r="8"/><path d="M12 7.5V12l3 2.2"/>',
  await: '<path d="M6 10a6 6 0 0 1 12 0c0 5 2 6 2 6H4s2-1 2-6M10 19.5a2.2 2.2 0 0 0 4 0"/>',
  if: '<path d="M12 3.5 20.5 12 12 20.5 3.5 12z"/>',
  split: '<path d="M12 20v-6l-6-6V4M12 14l6-6V4M3.5 6.5 6 4l2.5 2.5M15.5 6.5 18 4l2.5 2.5"/>',
  switch:
    '<path d="M4 12h6M10 12c4 0 3-6.500 10-6.500M10 12c4 0 3 6.500 10 6.500M10 12h10M17.500 3.500l2.500 2-2.500 2M17.500 9.700l2.500 2.300-2.500 2.300M17.500 16.500l2.500 2-2.500 2"/>',
  set: '<path d="M4 20h4L19 9l-4-4L4 16zM13 7l4 4"/>',
  voucher:
    '<path d="M3.500 7h17v3.500a1.800 1.800 0 0 0 0 3.500V17h-17v-3a1.800 1.800 0 0 0 0-3.500zM14 7v2M14 11v2M14 15v2"/>',
  call: '<path d="M9.500 14.500 14.500 9.500M11 7l2-2a4 4 0 0 1 6 6l-2 2M13 17l-2 2a4 4 0 0 1-6-6l2-2"/>',
  task: '<path d="M6 5h12v15H6zM9.500 3.500h5v3h-5zM9 13l2 2 4-4.500"/>',
  enter: '<path d="M11 4h8v16h-8M4 12h10M10.500 8.500 14 12l-3.500 3.500"/>',
  repeat: '<path d="M17 4l3 3-3 3M20 7H9a5 5 0 0 0-5 5M7 20l-3-3 3-3M4 17h11a5 5 0 0 0 5-5"/>',
  exit: '<path d="M13 4H5v16h8M10 12h10M16.5 8.5 20 12l-3.5 3.5"/>',
  start: '<path d="M7 4.5v15l12-7.5z"/>',
  end: '<path d="M5 12.5 10 17l9-10"/>',
  pause: '<path d="M8 5v14M16 5v14"/>',
  alert: '<path d="M12 4 21 19.5H3zM12 10v4.5M12 17v.4"/>',
  good: '<circle cx="12" cy="12" r="8.5"/><path d="M8 12.3l2.8 2.7 5-5.6"/>',
  search: '<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5 5"/>',
  order: '<path d="M5 8h14l-1 12H6zM9 8a3 3 0 0 1 6 0"/>',
  event: '<path d="M13 3 5 13.5h6L10 21l9-11h-6.500z"/>',
  consent:
    '<path d="M12 3.500 19 6v6c0 4.500-3 7.300-7 8.500-4-1.200-7-4-7-8.500V6zM9 12l2.200 2.200L15 10"/>',
  enrollment:
    '<circle cx="6" cy="18" r="2.2"/><circle cx="18" cy="6" r="2.2"/><path d="M8.2 18H14a3.5 3.5 0 0 0 0-7h-4a3.5 3.5 0 0 1 0-7h5.8"/>',
  leave: '<path d="M14 4h6v16h-6M4 12h11M11 8l4 4-4 4"/>',
};
