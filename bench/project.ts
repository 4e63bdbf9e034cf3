import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Such as a shop sends: 8 KB of HTML with a greeting, a table of things and a dozen links, and a text part. */
function newsletter(): string {
  const items = Array.from({ length: 12 }, (_, index) => itemRow(index + 1)).join("\n");
  return `---
subject: What is new in {{customer.city}} this week, {{customer.first_name}}
from: Shop <shop@example.com>
---
<html><body style="margin:0;background:#f4f1ea;font-family:Helvetica,Arial,sans-serif">
<h1 style="font-size:26px;color:#1f4d3d">Hello {{customer.first_name}} {{customer.last_name}}</h1>
<p style="font-size:16px;line-height:1.6;color:#2b2b33">You are on the {{customer.attributes.plan}} plan with {{number customer.attributes.points}} points.</p>
<table role="presentation" width="600" cellpadding="0" cellspacing="0" style="border-collapse:collapse;background:#ffffff">
${items}
</table>
{{#if (eq customer.country "GB")}}<p style="font-size:16px">Delivery to {{customer.city}} is free this week.</p>{{/if}}
<p style="font-size:13px;color:#6d6a63">{{shop.name}}, {{shop.address}} · <a href="{{preferences_url}}">Choose</a> · <a href="{{unsubscribe_url}}">Unsubscribe</a></p>
</body></html>
`;
}

function itemRow(index: number): string {
  const style = "padding:12px 16px;border-bottom:1px solid #e7e3da;font-size:16px;line-height:1.5";
  return `<tr><td style="${style}"><a href="https://shop.example/things/${index}?from=news" style="color:#1f4d3d;font-weight:600;text-decoration:none">A thing worth having, number ${index}</a><br><span style="font-size:14px;color:#6d6a63">Made by hand in a small workshop, sent to {{default customer.city "you"}} within two days, and taken back within sixty days if it does not please you in every way.</span></td><td align="right" style="${style};white-space:nowrap">{{money ${index}9.5 "GBP"}}</td></tr>`;
}

/** A project folder with one template and the channel's defaults. */
export function writeProject(folder: string): void {
  mkdirSync(join(folder, "templates"), { recursive: true });
  mkdirSync(join(folder, "workflows", "segments"), { recursive: true });
  writeFileSync(join(folder, "templates", "news.email.hbs"), newsletter());
  writeFileSync(
    join(folder, "waypost.yaml"),
    "shop: { name: The shop, address: 1 High Street }\nrefresh_segments: 1 day\n",
  );
}
